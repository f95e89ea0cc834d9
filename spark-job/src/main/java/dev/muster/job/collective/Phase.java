package dev.muster.job.collective;

/** What the ring was doing; the code is the kind of a frame on the wire. */
public enum Phase {
  HANDSHAKE(0, "form the ring"),
  CONTROL(1, "agree"),
  REDUCE(2, "reduce"),
  GATHER(3, "gather"),
  BROADCAST(4, "broadcast"),
  BARRIER(5, "pass the barrier");

  private final int code;
  private final String verb;

  Phase(int code, String verb) {
    this.code = code;
    this.verb = verb;
  }

  int code() {
    return code;
  }

  String verb() {
    return verb;
  }

  /** The name of a code that came over the wire, which may be any number. */
  static String describe(int code) {
    for (Phase phase : values()) {
      if (phase.code == code) {
        return phase.name().toLowerCase(java.util.Locale.ROOT);
      }
    }
    return "unknown kind " + code;
  }
}
