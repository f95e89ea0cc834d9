package dev.muster.job.spark;

import dev.muster.trial.TrialException;
import java.util.List;

/** What driver and executors say to each other. Immutable values; {@link Wire} is their format. */
sealed interface Message
    permits Message.Order,
        Message.Join,
        Message.Poll,
        Message.Heartbeat,
        Message.Report,
        Message.LastWords,
        Message.Done,
        Message.Inventory,
        Message.AskTime,
        Message.Encoded,
        Message.Wait,
        Seat,
        Message.Go,
        Message.Over,
        Message.Abort,
        Message.Close,
        Message.Time,
        Message.Refused {

  void write(WireWriter out);

  /** Who speaks: the leg and Spark's id of the task attempt, unique in the application. */
  record Caller(long leg, long attempt) {
    void write(WireWriter out) {
      out.writeLong(leg);
      out.writeLong(attempt);
    }

    static Caller read(WireReader in) {
      return new Caller(in.readLong(), in.readLong());
    }
  }

  /** Where a slot stands; generation 0 and rank -1 before it has a seat. */
  record Position(long generation, int rank, long step, String phase) {
    static final Position UNSEATED = new Position(0, -1, 0, "joining");

    void write(WireWriter out) {
      out.writeLong(generation);
      out.writeInt(rank);
      out.writeLong(step);
      out.writeText(phase);
    }

    static Position read(WireReader in) {
      return new Position(in.readLong(), in.readInt(), in.readLong(), in.readText());
    }
  }

  /** The replica that a joining task has claimed in its JVM; {@link #NONE} when there is none. */
  record Claim(long generation, int rank) {
    static final Claim NONE = new Claim(0, -1);
  }

  /** The element of the leg's RDD: what a task must know to join. */
  record Order(String application, long leg, String trialId, String programClass)
      implements Message {
    @Override
    public void write(WireWriter out) {
      out.writeText(application);
      out.writeLong(leg);
      out.writeText(trialId);
      out.writeText(programClass);
    }

    static Order read(WireReader in) {
      return new Order(in.readText(), in.readLong(), in.readText(), in.readText());
    }
  }

  /** Asked again until the answer is a seat, {@link Over} or {@link Abort}. */
  record Join(
      Caller caller,
      int partition,
      String executorId,
      String host,
      String address,
      Claim claim,
      GpuName gpu)
      implements Message {
    @Override
    public void write(WireWriter out) {
      caller.write(out);
      out.writeInt(partition);
      out.writeText(executorId);
      out.writeText(host);
      out.writeText(address);
      out.writeLong(claim.generation);
      out.writeInt(claim.rank);
      gpu.write(out);
    }

    static Join read(WireReader in) {
      return new Join(
          Caller.read(in),
          in.readInt(),
          in.readText(),
          in.readText(),
          in.readText(),
          new Claim(in.readLong(), in.readInt()),
          GpuName.read(in));
    }
  }

  /** Asks for the driver's word. */
  record Poll(Caller caller) implements Message {
    @Override
    public void write(WireWriter out) {
      caller.write(out);
    }

    static Poll read(WireReader in) {
      return new Poll(Caller.read(in));
    }
  }

  /** One way, each second: all seated slots of a JVM. */
  record Heartbeat(List<Beat> beats) implements Message {
    public Heartbeat {
      beats = List.copyOf(beats);
    }

    @Override
    public void write(WireWriter out) {
      out.writeList(beats, beat -> beat.write(out));
    }

    static Heartbeat read(WireReader in) {
      return new Heartbeat(in.readList(() -> Beat.read(in)));
    }
  }

  /** A slot lives; {@code silentMillis} is the time since its last progress. */
  record Beat(Caller caller, Position position, long silentMillis, Vitals vitals) {
    void write(WireWriter out) {
      caller.write(out);
      position.write(out);
      out.writeLong(silentMillis);
      vitals.write(out);
    }

    static Beat read(WireReader in) {
      return new Beat(Caller.read(in), Position.read(in), in.readLong(), Vitals.read(in));
    }
  }

  /** What a program reports; the sequence (1, 2, …) lets an ask be repeated. */
  record Report(Caller caller, Position position, long sequence, Blob payload) implements Message {
    @Override
    public void write(WireWriter out) {
      caller.write(out);
      position.write(out);
      out.writeLong(sequence);
      out.writeBlob(payload);
    }

    static Report read(WireReader in) {
      return new Report(Caller.read(in), Position.read(in), in.readLong(), in.readBlob());
    }
  }

  /** A slot fails. */
  record LastWords(
      Caller caller,
      Position position,
      String executorId,
      String host,
      FailureKind kind,
      String exceptionClass,
      String message,
      String stackTrace)
      implements Message {
    static LastWords of(
        Caller caller,
        Position position,
        String executorId,
        String host,
        FailureKind kind,
        Throwable failure) {
      boolean saysAll = failure instanceof TrialException;
      return new LastWords(
          caller,
          position,
          executorId,
          host,
          kind,
          saysAll ? "" : failure.getClass().getName(),
          StackTraces.message(failure),
          saysAll ? "" : StackTraces.of(failure));
    }

    /** What happened, in one sentence. */
    String detail() {
      if (exceptionClass.isEmpty() || message.isEmpty()) {
        return exceptionClass + message;
      }
      return exceptionClass + ": " + message;
    }

    /** The same words where the secret does not appear. */
    LastWords without(Blob secret) {
      return new LastWords(
          caller,
          position,
          executorId,
          host,
          kind,
          exceptionClass,
          StackTraces.redact(message, secret),
          StackTraces.redact(stackTrace, secret));
    }

    @Override
    public void write(WireWriter out) {
      caller.write(out);
      position.write(out);
      out.writeText(executorId);
      out.writeText(host);
      out.writeByte(kind.code());
      out.writeText(exceptionClass);
      out.writeText(message);
      out.writeText(stackTrace);
    }

    static LastWords read(WireReader in) {
      return new LastWords(
          Caller.read(in),
          Position.read(in),
          in.readText(),
          in.readText(),
          FailureKind.ofCode(in.readByte()),
          in.readText(),
          in.readText(),
          in.readText());
    }
  }

  /** A slot's program has returned. */
  record Done(Caller caller, Position position) implements Message {
    @Override
    public void write(WireWriter out) {
      caller.write(out);
      position.write(out);
    }

    static Done read(WireReader in) {
      return new Done(Caller.read(in), Position.read(in));
    }
  }

  /** The replicas of a JVM that no task uses; the answer is {@link Close}. */
  record Inventory(String executorId, List<ReplicaKey> idle) implements Message {
    public Inventory {
      idle = List.copyOf(idle);
    }

    @Override
    public void write(WireWriter out) {
      out.writeText(executorId);
      out.writeList(idle, key -> key.write(out));
    }

    static Inventory read(WireReader in) {
      return new Inventory(in.readText(), in.readList(() -> ReplicaKey.read(in)));
    }
  }

  /** What time is it at the driver? The answer is {@link Time}. */
  record AskTime() implements Message {
    @Override
    public void write(WireWriter out) {}

    static AskTime read(WireReader in) {
      return new AskTime();
    }
  }

  /** One way, each second: the records that a JVM's tasks have been through in an encoding. */
  record Encoded(String executorId, long encoding, long counted, long encoded, long stored)
      implements Message {
    /** Both together, of the same encoding. */
    Encoded plus(Encoded other) {
      return new Encoded(
          executorId,
          encoding,
          counted + other.counted,
          encoded + other.encoded,
          stored + other.stored);
    }

    @Override
    public void write(WireWriter out) {
      out.writeText(executorId);
      out.writeLong(encoding);
      out.writeLong(counted);
      out.writeLong(encoded);
      out.writeLong(stored);
    }

    static Encoded read(WireReader in) {
      return new Encoded(in.readText(), in.readLong(), in.readLong(), in.readLong(), in.readLong());
    }
  }

  /** Ask again later; a surplus task gets no seat in this leg and gives its claim back. */
  record Wait(String reason, boolean surplus) implements Message {
    @Override
    public void write(WireWriter out) {
      out.writeText(reason);
      out.writeFlag(surplus);
    }

    static Wait read(WireReader in) {
      return new Wait(in.readText(), in.readFlag());
    }
  }

  /** Go on, or stop at the next point where all ranks can. */
  record Go(boolean stop) implements Message {
    @Override
    public void write(WireWriter out) {
      out.writeFlag(stop);
    }

    static Go read(WireReader in) {
      return new Go(in.readFlag());
    }
  }

  /** The leg is over: leave, keep the replica. */
  record Over() implements Message {
    @Override
    public void write(WireWriter out) {}

    static Over read(WireReader in) {
      return new Over();
    }
  }

  /** The leg has failed: leave, close the replica. */
  record Abort(String reason) implements Message {
    @Override
    public void write(WireWriter out) {
      out.writeText(reason);
    }

    static Abort read(WireReader in) {
      return new Abort(in.readText());
    }
  }

  /** Close those of these replicas that no task uses. */
  record Close(List<ReplicaKey> obsolete) implements Message {
    public Close {
      obsolete = List.copyOf(obsolete);
    }

    @Override
    public void write(WireWriter out) {
      out.writeList(obsolete, key -> key.write(out));
    }

    static Close read(WireReader in) {
      return new Close(in.readList(() -> ReplicaKey.read(in)));
    }
  }

  /** The driver's clock, in milliseconds since 1970. */
  record Time(long epochMillis) implements Message {
    @Override
    public void write(WireWriter out) {
      out.writeLong(epochMillis);
    }

    static Time read(WireReader in) {
      return new Time(in.readLong());
    }
  }

  /** The driver could not understand the request: a defect. */
  record Refused(String error) implements Message {
    @Override
    public void write(WireWriter out) {
      out.writeText(error);
    }

    static Refused read(WireReader in) {
      return new Refused(in.readText());
    }
  }
}
