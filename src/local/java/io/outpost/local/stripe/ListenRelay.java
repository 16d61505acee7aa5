package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Stripe's side of {@code stripe listen}: gives the command line a session, and sends it events to
 * forward over a web socket. For one listener.
 */
public final class ListenRelay implements AutoCloseable {
  // RFC 6455, section 1.3.
  private static final String ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final ServerSocket server;
  private final CompletableFuture<Socket> listener = new CompletableFuture<>();

  /** Starts on a free port of this machine. */
  public ListenRelay() throws IOException {
    server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("listen-relay").start(this::accept);
  }

  /** The value for the command line's {@code --api-base}. */
  public URI base() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  /**
   * Sends a body with a signature to the listener, which forwards it. Waits until there is a
   * listener.
   */
  public void forward(String body, String signature) throws Exception {
    var message = JsonNodeFactory.instance.objectNode();
    message.put("type", "webhook_event").put("webhook_id", "wh_1");
    message.put("webhook_conversation_id", "wc_1").put("event_payload", body);
    message.putObject("http_headers").put("Stripe-Signature", signature);
    message.putObject("endpoint").putNull("api_version");
    var text = message.toString().getBytes(StandardCharsets.UTF_8);
    // One unmasked text frame; its length has 16 bits.
    var frame = ByteBuffer.allocate(4 + text.length);
    frame.put((byte) 0x81).put((byte) 126).putShort((short) text.length).put(text);
    send(listener.get(1, TimeUnit.MINUTES), frame.array());
  }

  private static void send(Socket socket, byte[] frame) throws IOException {
    synchronized (socket) {
      socket.getOutputStream().write(frame);
      socket.getOutputStream().flush();
    }
  }

  private void accept() {
    try {
      while (true) {
        answer(server.accept());
      }
    } catch (IOException e) {
      listener.completeExceptionally(e); // The relay was closed.
    }
  }

  private void answer(Socket socket) throws IOException {
    var in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    var headers = new HashMap<String, String>();
    var request = line(in);
    for (var line = line(in); !line.isEmpty(); line = line(in)) {
      var parts = line.split(": *", 2);
      headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1]);
    }
    if (request.startsWith("POST /v1/stripecli/sessions ")) {
      in.readNBytes(Integer.parseInt(headers.get("content-length")));
      write(socket, "200 OK", Map.of("Content-Type", "application/json"), session());
      socket.close();
    } else {
      var accepted =
          Map.of(
              "Upgrade", "websocket",
              "Sec-WebSocket-Accept", accept(headers.get("sec-websocket-key")),
              "Sec-WebSocket-Protocol", headers.get("sec-websocket-protocol"));
      write(socket, "101 Switching Protocols", accepted, "");
      Thread.ofVirtual().name("listen-pong").start(() -> pong(in, socket));
      listener.complete(socket);
    }
  }

  /** Answers pings. Without an answer the command line would soon connect again. */
  private static void pong(DataInputStream in, Socket socket) {
    try {
      while (true) {
        int kind = in.readUnsignedByte() & 0x0f;
        int length = in.readUnsignedByte() & 0x7f;
        in.skipNBytes(4 + (length == 126 ? in.readUnsignedShort() : length));
        if (kind == 9) {
          send(socket, new byte[] {(byte) 0x8a, 0});
        }
      }
    } catch (IOException e) {
      // The listener has disconnected.
    }
  }

  private String session() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("websocket_id", "cliws_1")
        .put("websocket_url", "ws://127.0.0.1:" + server.getLocalPort() + "/")
        .put("websocket_authorized_feature", "webhooks")
        .put("secret", "whsec_relay")
        .put("reconnect_delay", 60)
        .toString();
  }

  private static void write(Socket socket, String status, Map<String, String> headers, String body)
      throws IOException {
    var head = new StringBuilder("HTTP/1.1 " + status + "\r\n");
    headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    head.append(body.isEmpty() ? "Connection: Upgrade\r\n" : "Connection: close\r\n");
    head.append(body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n");
    send(socket, (head + "\r\n" + body).getBytes(StandardCharsets.UTF_8));
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      line.append((char) c);
    }
    return line.toString().strip();
  }

  private static String accept(String key) {
    try {
      var digest = MessageDigest.getInstance("SHA-1");
      var hash = digest.digest((key + ACCEPT).getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    if (listener.isDone() && !listener.isCompletedExceptionally()) {
      listener.join().close();
    }
  }
}
