package dev.muster.job.collective;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Rank 1 of a ring of two that joins as it should and then does what the test wants, byte by byte.
 */
final class FakeRank implements AutoCloseable {
  final ServerSocketChannel server;
  private final SocketChannel toRankZero;
  private final SocketChannel fromRankZero;

  private FakeRank(
      ServerSocketChannel server, SocketChannel toRankZero, SocketChannel fromRankZero) {
    this.server = server;
    this.toRankZero = toRankZero;
    this.fromRankZero = fromRankZero;
  }

  static ServerSocketChannel server() throws IOException {
    return ServerSocketChannel.open()
        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  static FakeRank join(ServerSocketChannel server, RingPlan plan) throws IOException {
    SocketChannel out = SocketChannel.open(plan.members().get(0));
    Handshake.toRight(out, plan).advance();
    SocketChannel in = server.accept();
    Handshake.fromLeft(in, plan).advance();
    FakeRank rank = new FakeRank(server, out, in);
    Header header = new Header();
    header.generation = plan.generation();
    header.part = 1;
    rank.send(header);
    rank.receive(Header.BYTES);
    return rank;
  }

  void send(Header header) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(Header.BYTES).order(ByteOrder.nativeOrder());
    header.write(buffer);
    send(buffer);
  }

  void send(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      toRankZero.write(bytes);
    }
  }

  void receive(int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining() && fromRankZero.read(buffer) >= 0) {}
  }

  @Override
  public void close() throws IOException {
    toRankZero.close();
    fromRankZero.close();
    server.close();
  }
}
