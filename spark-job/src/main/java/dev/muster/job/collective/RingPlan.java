package dev.muster.job.collective;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;

/**
 * What one rank must know to join the ring of one generation. Immutable.
 *
 * @param generation the number of the generation; all ranks must agree
 * @param rank this rank
 * @param members the listeners' addresses, in rank order
 * @param secret known to this generation's ranks only, at least 16 bytes
 * @param fingerprint of what is exchanged (the variables' names, shapes and types), at most 64
 *     bytes; all ranks must agree
 * @param formTimeout how long to wait until all ranks are connected
 * @param progressTimeout how long no byte may move while this rank waits in an operation
 * @param encrypted whether what follows the handshake is encrypted; all ranks must agree
 */
public record RingPlan(
    long generation,
    int rank,
    List<InetSocketAddress> members,
    byte[] secret,
    byte[] fingerprint,
    Duration formTimeout,
    Duration progressTimeout,
    boolean encrypted) {
  static final int MIN_SECRET_BYTES = 16;
  static final int MAX_FINGERPRINT_BYTES = 64;

  public RingPlan {
    members = List.copyOf(members);
    secret = secret.clone();
    fingerprint = fingerprint.clone();
    if (rank < 0 || rank >= members.size()) {
      throw new IllegalArgumentException(
          "Cannot plan a ring: rank %d of %d members".formatted(rank, members.size()));
    }
    if (secret.length < MIN_SECRET_BYTES || fingerprint.length > MAX_FINGERPRINT_BYTES) {
      throw new IllegalArgumentException(
          "Cannot plan a ring: expected a secret of at least %d and a fingerprint of at most %d bytes, found %d and %d"
              .formatted(
                  MIN_SECRET_BYTES, MAX_FINGERPRINT_BYTES, secret.length, fingerprint.length));
    }
    if (formTimeout.isNegative() || formTimeout.isZero()) {
      throw new IllegalArgumentException("Cannot plan a ring: formTimeout is " + formTimeout);
    }
    if (progressTimeout.isNegative() || progressTimeout.isZero()) {
      throw new IllegalArgumentException(
          "Cannot plan a ring: progressTimeout is " + progressTimeout);
    }
  }

  /** Joins a ring whose data is not encrypted. */
  public RingPlan(
      long generation,
      int rank,
      List<InetSocketAddress> members,
      byte[] secret,
      byte[] fingerprint,
      Duration formTimeout,
      Duration progressTimeout) {
    this(generation, rank, members, secret, fingerprint, formTimeout, progressTimeout, false);
  }

  @Override
  public byte[] secret() {
    return secret.clone();
  }

  @Override
  public byte[] fingerprint() {
    return fingerprint.clone();
  }

  int size() {
    return members.size();
  }

  /** The rank that this one sends to. */
  int right() {
    return (rank + 1) % size();
  }

  /** The rank that this one receives from. */
  int left() {
    return (rank + size() - 1) % size();
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "RingPlan[generation=%d, rank=%d, members=%s, fingerprint=%s, %s]"
        .formatted(
            generation,
            rank,
            members,
            HexFormat.of().formatHex(fingerprint),
            encrypted ? "encrypted" : "plain");
  }
}
