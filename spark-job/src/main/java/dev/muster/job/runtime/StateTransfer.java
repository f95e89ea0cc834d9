package dev.muster.job.runtime;

import dev.muster.job.collective.Collective;
import dev.muster.job.data.Position;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;

/** Brings one rank's state to all others over the ring: all variables, the count, the position. */
final class StateTransfer {
  /** Frames of a broadcast are bounded; larger variables go in parts. */
  private static final int PART_BYTES = 256 << 20;

  /** Where a replica is. */
  record Place(long batches, Position position) {}

  private final VariableValues values;
  private final Session session;
  private final Collective ring;

  StateTransfer(VariableValues values, Session session, Collective ring) {
    this.values = values;
    this.session = session;
    this.ring = ring;
  }

  /**
   * All ranks call it.
   *
   * @param source the rank whose state everybody gets
   * @param hasState whether this rank keeps its own
   * @param own where this rank is
   * @return where the source is
   */
  Place share(int source, boolean hasState, Place own) {
    Place place = sharePlace(source, own);
    if (hasState) {
      send(source);
    } else {
      receive(source);
    }
    return place;
  }

  private Place sharePlace(int source, Place own) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Long.BYTES + Position.BYTES).order(ByteOrder.BIG_ENDIAN);
    bytes.putLong(own.batches()).put(own.position().encode()).flip();
    ring.broadcast(source, bytes);
    bytes.rewind();
    long batches = bytes.getLong();
    byte[] position = new byte[Position.BYTES];
    bytes.get(position);
    return new Place(batches, Position.decode(position));
  }

  /** Takes part with this rank's own values; only the source's are looked at. */
  private void send(int source) {
    boolean isSource = ring.rank() == source;
    for (String name : values.names()) {
      try (Result value = values.read(session, List.of(name))) {
        ByteBuffer memory = TensorFlowInternals.memory(value.get(0));
        if (isSource) {
          broadcast(source, memory);
        } else {
          // A rank that has the state already must not be written to: TensorFlow's memory is
          // read-only to us.
          broadcast(source, ByteBuffer.allocateDirect(memory.remaining()));
        }
      }
    }
  }

  private void receive(int source) {
    Map<String, Tensor> received = new LinkedHashMap<>();
    try {
      for (String name : values.names()) {
        Output<?> variable = values.variable(name);
        Tensor tensor = Tensor.of(variable.type(), variable.shape());
        received.put(name, tensor);
        broadcast(source, TensorFlowInternals.memory(tensor));
      }
      values.assign(session, received);
    } finally {
      received.values().forEach(Tensor::close);
    }
  }

  private void broadcast(int source, ByteBuffer memory) {
    for (int from = 0; from < memory.limit(); from += PART_BYTES) {
      ByteBuffer part = memory.duplicate().order(ByteOrder.nativeOrder());
      part.position(from).limit(Math.min(memory.limit(), from + PART_BYTES));
      ring.broadcast(source, part.slice().order(ByteOrder.nativeOrder()));
    }
  }
}
