package dev.muster.job.collective;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * One side of a mutual challenge and response over one non-blocking connection.
 *
 * <p>Four messages of fixed length, in network byte order: the connector's nonce, the acceptor's
 * nonce, the connector's proof, the acceptor's proof. A nonce message is magic, version, 32 random
 * bytes. A proof is generation, own rank, peer's rank, world size, whether the exchange is
 * encrypted (1 or 0), fingerprint (length and 64 bytes), and HMAC-SHA-256 with the generation's
 * secret over the sender's role, both nonces and all of this. The connector proves first: a
 * stranger learns nothing from a listener but a nonce. A wrong proof is a stranger; a right proof
 * of something else than this rank's plan is a disagreement.
 *
 * <p>The key of an encrypted connection is HKDF-SHA-256 of the generation's secret, with both
 * nonces as the salt: no two connections have the same. The left neighbour alone sends over it, so
 * there is one key per connection and direction.
 */
final class Handshake {
  /** What the peer did is not what a member of this generation does. */
  static final class StrangerException extends IOException {
    private static final long serialVersionUID = 1L;

    StrangerException(String message) {
      super(message);
    }
  }

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int MAGIC = 0x4d555354;
  private static final int VERSION = 2;
  private static final int NONCE_BYTES = 32;
  private static final int MAC_BYTES = 32;
  private static final int NONCE_MESSAGE_BYTES = 8 + NONCE_BYTES;
  private static final int CLAIM_BYTES = 8 + 5 * Integer.BYTES + RingPlan.MAX_FINGERPRINT_BYTES;
  private static final int STEPS = 4;
  private static final int ANY_RANK = -1;
  private static final int KEY_BYTES = 32;
  private static final byte[] KEY_INFO =
      "muster connector to acceptor".getBytes(StandardCharsets.US_ASCII);

  private final boolean connector;
  private final SocketChannel channel;
  private final RingPlan plan;
  private int peer; // of whoever may come: known once it has proven the secret
  private final byte[] ownNonce = new byte[NONCE_BYTES];
  private final byte[] peerNonce = new byte[NONCE_BYTES];
  private final byte[] peerClaim = new byte[CLAIM_BYTES];
  private final ByteBuffer buffer = ByteBuffer.allocate(CLAIM_BYTES + MAC_BYTES);
  private int step;

  private Handshake(boolean connector, SocketChannel channel, RingPlan plan, int peer) {
    this.connector = connector;
    this.channel = channel;
    this.plan = plan;
    this.peer = peer;
    RANDOM.nextBytes(ownNonce);
    prepare();
  }

  /** This side of a connection that this rank makes to the one on its right. */
  static Handshake toRight(SocketChannel channel, RingPlan plan) {
    return new Handshake(true, channel, plan, plan.right());
  }

  /** This side of a connection that somebody made, perhaps the rank on the left. */
  static Handshake fromLeft(SocketChannel channel, RingPlan plan) {
    return new Handshake(false, channel, plan, plan.left());
  }

  /** This side of a connection that this rank makes to another one. */
  static Handshake to(int peer, SocketChannel channel, RingPlan plan) {
    return new Handshake(true, channel, plan, peer);
  }

  /** This side of a connection that somebody made, perhaps another rank. */
  static Handshake fromAny(SocketChannel channel, RingPlan plan) {
    return new Handshake(false, channel, plan, ANY_RANK);
  }

  /** Goes as far as the channel lets it; true when all four messages are through. */
  boolean advance() throws IOException {
    while (step < STEPS) {
      if (writing()) {
        channel.write(buffer);
      } else if (channel.read(buffer) < 0) {
        throw new EOFException("it closed the connection in the handshake");
      }
      if (buffer.hasRemaining()) {
        return false;
      }
      if (!writing()) {
        take(buffer.flip());
      }
      step++;
      prepare();
    }
    return true;
  }

  /** What to wait for before the next call of {@link #advance}. */
  int interest() {
    return writing() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ;
  }

  private boolean writing() {
    return (step % 2 == 0) == connector;
  }

  private boolean nonces() {
    return step < 2;
  }

  private void prepare() {
    buffer.clear();
    if (step == STEPS) {
      return;
    }
    if (!writing()) {
      buffer.limit(nonces() ? NONCE_MESSAGE_BYTES : CLAIM_BYTES + MAC_BYTES);
    } else if (nonces()) {
      buffer.putInt(MAGIC).putInt(VERSION).put(ownNonce).flip();
    } else {
      byte[] claim = claim(plan.rank(), peer, plan.fingerprint());
      buffer.put(claim).put(mac(connector, claim)).flip();
    }
  }

  private void take(ByteBuffer message) throws IOException {
    if (nonces()) {
      int magic = message.getInt();
      int version = message.getInt();
      if (magic != MAGIC || version != VERSION) {
        throw new StrangerException(
            "expected magic 0x%08x and version %d, found 0x%08x and %d"
                .formatted(MAGIC, VERSION, magic, version));
      }
      message.get(peerNonce);
      return;
    }
    byte[] proof = new byte[MAC_BYTES];
    message.get(peerClaim).get(proof);
    if (!MessageDigest.isEqual(proof, mac(!connector, peerClaim))) {
      throw new StrangerException(
          "its proof does not match the secret of generation " + plan.generation());
    }
    if (peer == ANY_RANK) {
      peer = ByteBuffer.wrap(peerClaim).getInt(Long.BYTES);
    }
  }

  private byte[] claim(int from, int to, byte[] fingerprint) {
    ByteBuffer claim = ByteBuffer.allocate(CLAIM_BYTES);
    claim.putLong(plan.generation()).putInt(from).putInt(to).putInt(plan.size());
    claim.putInt(plan.encrypted() ? 1 : 0);
    claim.putInt(fingerprint.length).put(fingerprint);
    return claim.array();
  }

  private byte[] mac(boolean byConnector, byte[] claim) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(plan.secret(), "HmacSHA256"));
      mac.update(
          (byConnector ? "muster connector" : "muster acceptor ")
              .getBytes(StandardCharsets.US_ASCII));
      mac.update(connector ? ownNonce : peerNonce);
      mac.update(connector ? peerNonce : ownNonce);
      return mac.doFinal(claim);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot prove the secret: HmacSHA256 is not there", e);
    }
  }

  /** The key of what the connector sends; null where the plan is not to encrypt. */
  byte @Nullable [] key() {
    if (step < STEPS) {
      throw new IllegalStateException("Cannot derive a key: the handshake has not ended");
    }
    if (!plan.encrypted()) {
      return null;
    }
    byte[] salt =
        ByteBuffer.allocate(2 * NONCE_BYTES)
            .put(connector ? ownNonce : peerNonce)
            .put(connector ? peerNonce : ownNonce)
            .array();
    return Hkdf.expand(Hkdf.extract(salt, plan.secret()), KEY_INFO, KEY_BYTES);
  }

  /** Where the peer, which proved the secret, has another plan than this rank. */
  Optional<String> disagreement() {
    byte[] expected = claim(peer, plan.rank(), plan.fingerprint());
    return MessageDigest.isEqual(expected, peerClaim)
        ? Optional.empty()
        : Optional.of("expected " + describe(expected) + "; found " + describe(peerClaim));
  }

  private static String describe(byte[] bytes) {
    ByteBuffer claim = ByteBuffer.wrap(bytes);
    String text =
        "generation %d, rank %d as neighbour of rank %d in a ring of %d, %s, fingerprint "
            .formatted(
                claim.getLong(),
                claim.getInt(),
                claim.getInt(),
                claim.getInt(),
                claim.getInt() == 0 ? "plain" : "encrypted");
    int length = Math.min(Math.max(0, claim.getInt()), claim.remaining());
    return text + HexFormat.of().formatHex(bytes, claim.position(), claim.position() + length);
  }

  /** The channel's own end, for the logs. */
  @Override
  public String toString() {
    return "handshake with " + remote();
  }

  private @Nullable Object remote() {
    try {
      return channel.getRemoteAddress();
    } catch (IOException e) {
      return null;
    }
  }
}
