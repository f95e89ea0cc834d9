package dev.muster.job.spark;

/** The first slot that failed in a leg, where it stood, and why. */
final class SlotFailure extends GangException {
  private static final long serialVersionUID = 1;

  private final Site site;
  private final String detail;
  private final String remoteStackTrace;
  private final int consequences;

  /**
   * Where it happened.
   *
   * @param rank -1 for a task that had no seat yet
   */
  record Site(String trialId, int rank, String host, String executorId, long step, String phase) {}

  /**
   * @param detail what happened, without its place
   * @param remoteStackTrace the executor's stack trace, empty when there is none
   * @param consequences how many other slots failed in its wake
   */
  SlotFailure(
      Site site, FailureKind kind, String detail, String remoteStackTrace, int consequences) {
    super(kind, describe(site, detail, remoteStackTrace, consequences));
    this.site = site;
    this.detail = detail;
    this.remoteStackTrace = remoteStackTrace;
    this.consequences = consequences;
  }

  private static String describe(Site site, String detail, String stackTrace, int consequences) {
    String who = site.rank < 0 ? "a task without a seat" : "rank " + site.rank;
    String wake =
        switch (consequences) {
          case 0 -> "";
          case 1 -> " (1 other slot failed in its wake)";
          default -> " (" + consequences + " other slots failed in its wake)";
        };
    String trace = stackTrace.isEmpty() ? "" : System.lineSeparator() + stackTrace.strip();
    return "Cannot train trial %s: %s on host %s, executor %s, failed at step %d in phase '%s': %s%s%s"
        .formatted(
            site.trialId,
            who,
            site.host,
            site.executorId,
            site.step,
            site.phase,
            detail,
            wake,
            trace);
  }

  int rank() {
    return site.rank;
  }

  String host() {
    return site.host;
  }

  String executorId() {
    return site.executorId;
  }

  long step() {
    return site.step;
  }

  String phase() {
    return site.phase;
  }

  String detail() {
    return detail;
  }

  String remoteStackTrace() {
    return remoteStackTrace;
  }

  int consequences() {
    return consequences;
  }
}
