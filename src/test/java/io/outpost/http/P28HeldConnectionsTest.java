package io.outpost.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.outpost.blackbox.Client;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Idle connections and slowly sent requests delay no other client and are closed in time. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class P28HeldConnectionsTest {

  private static final int OF_ADDRESS = 12;
  private static final int PACE_MILLIS = 20;
  private static final int MOST_BYTES = 10_000;
  private static final String POST =
      "POST /jobs HTTP/1.1\r\nHost: l\r\nContent-Type: application/json\r\n";

  private final LocalOutpost outpost;

  P28HeldConnectionsTest(LocalOutpost shared) {
    outpost =
        LocalOutpost.on(
            shared.aws(),
            "api",
            Map.of(
                "server.port", 0,
                "outpost.env", "held",
                "server.tomcat.connection-timeout", "500ms",
                "outpost.http.header-within", "1s",
                "outpost.http.body-within", "1s",
                "outpost.http.bodies-of-address", "64KB",
                "outpost.http.connections-of-address", OF_ADDRESS));
  }

  @AfterAll
  void stop() {
    outpost.close();
  }

  static Stream<Arguments> drips() {
    IntFunction<String> space = i -> " ";
    return Stream.of(
        arguments("a request line", "GET /", (IntFunction<String>) i -> "a", 0),
        arguments("a header", "GET /health HTTP/1.1\r\nHost: l\r\nX: ", space, 0),
        arguments("a body", POST + "Content-Length: 100000\r\n\r\n", space, 408),
        arguments("a body too large", POST + "Content-Length: 900000\r\n\r\n", space, 408),
        arguments(
            "a body for nobody",
            "GET /health HTTP/1.1\r\nHost: l\r\nContent-Length: 5000\r\n\r\n",
            space,
            408),
        arguments(
            "chunks",
            POST + "Transfer-Encoding: chunked\r\n\r\n",
            (IntFunction<String>) i -> "1\r\n \r\n",
            408),
        arguments(
            "an extension of a chunk",
            POST + "Transfer-Encoding: chunked\r\n\r\n1;a=",
            (IntFunction<String>) i -> "a",
            400),
        arguments(
            "a trailer",
            POST + "Transfer-Encoding: chunked\r\n\r\n1\r\n \r\n0\r\nA: ",
            (IntFunction<String>) i -> "a",
            400),
        arguments("nothing after the header", POST + "Content-Length: 10\r\n\r\n", nothing(), 408),
        arguments("nothing after half a header", "GET /health HTTP/1.1\r\nHo", nothing(), 0),
        arguments("nothing", "", nothing(), 0));
  }

  private static IntFunction<String> nothing() {
    return i -> "";
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("drips")
  void whatDripsIsEnded(String what, String begin, IntFunction<String> drop, int status)
      throws IOException {
    try (var socket = open("127.0.0.1")) {
      socket.getOutputStream().write(begin.getBytes(ISO_8859_1));
      var answer = new StringBuilder();
      for (int i = 0; i < MOST_BYTES && !isEnded(socket, drop.apply(i), answer); i++) {
        assertThat(i).as("still open").isLessThan(MOST_BYTES - 1);
      }
      if (status == 0) {
        assertThat(answer.toString()).isEmpty();
      } else {
        assertThat(answer.toString())
            .startsWith("HTTP/1.1 " + status)
            .contains("application/problem+json", "X-Request-Id", "Connection: close");
      }
    }
  }

  /** Sends a little more and reads the answer so far; true when the server has closed. */
  private static boolean isEnded(Socket socket, String drop, StringBuilder answer) {
    try {
      socket.setSoTimeout(PACE_MILLIS);
      socket.getOutputStream().write(drop.getBytes(ISO_8859_1));
      for (int b = socket.getInputStream().read(); b >= 0; b = socket.getInputStream().read()) {
        answer.append((char) b);
      }
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void anAddressHasSoManyConnections() throws IOException {
    var held = new ArrayList<Socket>();
    try {
      for (int i = 0; i < OF_ADDRESS; i++) {
        var socket = open("127.0.0.3");
        socket
            .getOutputStream()
            .write("GET /health HTTP/1.1\r\nHost: l\r\n\r\n".getBytes(ISO_8859_1));
        assertThat(socket.getInputStream().read()).isEqualTo('H');
        held.add(socket);
      }
      try (var tooMany = open("127.0.0.3")) {
        assertThat(isRefused(tooMany)).isTrue();
      }
      try (var other = open("127.0.0.4")) {
        assertThat(isRefused(other)).isFalse();
      }
      held.removeFirst().close();
      await()
          .until(
              () -> {
                try (var again = open("127.0.0.3")) {
                  return !isRefused(again);
                }
              });
    } finally {
      for (var socket : held) {
        socket.close();
      }
    }
  }

  private static boolean isRefused(Socket socket) throws IOException {
    try {
      socket.setSoTimeout(30_000);
      socket
          .getOutputStream()
          .write("GET /health HTTP/1.1\r\nHost: l\r\n\r\n".getBytes(ISO_8859_1));
      return socket.getInputStream().read() < 0;
    } catch (SocketException e) {
      return true;
    }
  }

  @Test
  void theBodiesOfAnAddressHaveRoomTogether() throws IOException {
    var held = new ArrayList<Socket>();
    var statuses = new ArrayList<String>();
    try {
      for (int i = 0; i < 8; i++) {
        var socket = open("127.0.0.5");
        held.add(socket);
        socket
            .getOutputStream()
            .write(
                (POST + "Content-Length: 60000\r\n\r\n" + " ".repeat(30_000)).getBytes(ISO_8859_1));
      }
      try (var other = open("127.0.0.6")) {
        assertThat(isRefused(other)).isFalse();
      }
      for (var socket : held) {
        socket.setSoTimeout(30_000);
        statuses.add(new String(socket.getInputStream().readNBytes(12), ISO_8859_1));
      }
    } finally {
      for (var socket : held) {
        socket.close();
      }
    }
    assertThat(List.of("HTTP/1.1 429", "HTTP/1.1 408")).containsAll(statuses);
    assertThat(statuses).contains("HTTP/1.1 429");
    await().until(() -> outpost.context().getBean(HeldBodies.class).held() == 0);
    assertThat(Client.of(outpost.address()).post("/jobs", "{}").status()).isEqualTo(401);
  }

  private Socket open(String from) throws IOException {
    var uri = URI.create(outpost.address());
    return new Socket(
        InetAddress.getByName("127.0.0.1"), uri.getPort(), InetAddress.getByName(from), 0);
  }
}
