package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.job.RepositoryAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The tunnel connects to the repository's host and to the internet, not to internal addresses. */
class PublicTunnelTest {

  private ServerSocket server;
  private PublicTunnel tunnel;

  /** DNS that by now gives an internal address for the repository's host. */
  private static InetAddress[] find(String host) throws UnknownHostException {
    return switch (host) {
      case "localhost", "inside.example.com" -> addresses("10.0.0.1");
      case "half.example.com" -> addresses("93.184.216.34", "169.254.169.254");
      case "files.example.com" -> addresses("93.184.216.34", "2606:2800:220:1::1");
      default -> throw new UnknownHostException(host + ": Name or service not known");
    };
  }

  private static InetAddress[] addresses(String... literals) throws UnknownHostException {
    var found = new InetAddress[literals.length];
    for (int i = 0; i < literals.length; i++) {
      found[i] = InetAddress.getByName(literals[i]);
    }
    return found;
  }

  @BeforeEach
  void open() throws IOException {
    server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    var own = "https://localhost:" + server.getLocalPort() + "/a.git";
    tunnel =
        new PublicTunnel(
            RepositoryAddress.of(own, true),
            List.of(server.getInetAddress()),
            new HostNames(PublicTunnelTest::find));
  }

  @AfterEach
  void close() throws IOException {
    tunnel.close();
    server.close();
  }

  @Test
  void leadsToTheRepositorysHostWhereItWasJudged() throws IOException {
    var way = through("CONNECT localhost:" + server.getLocalPort() + " HTTP/1.1", password());
    assertThat(line(way)).isEqualTo("HTTP/1.1 200 OK");
    assertThat(line(way)).isEmpty();
    try (var arrived = server.accept()) {
      way.getOutputStream().write("there\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(line(arrived)).isEqualTo("there");
      arrived.getOutputStream().write("back\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(line(way)).isEqualTo("back");
      tunnel.close();
      assertThat(way.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void judgesOtherHosts() throws IOException {
    assertThat(tunnel.judged("CONNECT files.example.com:443 HTTP/1.1"))
        .containsExactly(
            new InetSocketAddress("93.184.216.34", 443),
            new InetSocketAddress("2606:2800:220:1::1", 443));
    for (var target :
        List.of(
            "inside.example.com:443",
            "half.example.com:443",
            "unknown.example.com:443",
            "files.example.com:22",
            "files.example.com:80",
            "localhost:443",
            "127.0.0.1:443",
            "169.254.169.254:443",
            "2130706433:443",
            "[::1]:443",
            "metadata.google.internal:443",
            "files.example.com:99999")) {
      var way = through("CONNECT " + target + " HTTP/1.1", password());
      assertThat(line(way)).as(target).isEqualTo("HTTP/1.1 403 Forbidden");
    }
    var plain = through("GET http://169.254.169.254/latest HTTP/1.1", password());
    assertThat(line(plain)).isEqualTo("HTTP/1.1 403 Forbidden");
  }

  @Test
  void isForWhoKnowsItsPassword() throws IOException {
    var request = "CONNECT localhost:" + server.getLocalPort() + " HTTP/1.1";
    for (var wrong : List.of("", "outpost:", "outpost:guessed")) {
      assertThat(line(through(request, wrong))).startsWith("HTTP/1.1 407");
    }
  }

  private String password() {
    return URI.create(tunnel.url()).getUserInfo();
  }

  private Socket through(String request, String user) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), URI.create(tunnel.url()).getPort());
    var base64 = Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.US_ASCII));
    var head = request + "\r\nProxy-Authorization: Basic " + base64 + "\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static String line(Socket from) throws IOException {
    var line = new StringBuilder();
    for (var next = from.getInputStream().read();
        next >= 0 && next != '\n';
        next = from.getInputStream().read()) {
      line.append((char) next);
    }
    return line.toString().strip();
  }
}
