package io.outpost.worker;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;

/**
 * A real git server: git's own http-backend behind an HTTP server on loopback. What is below {@code
 * /private} wants a token as the password; {@code /away} is a redirect to another port; {@code
 * /told} refuses who has the token, and says what it was sent.
 */
final class GitServer implements AutoCloseable {

  private final HttpServer http;
  private final Path root;
  private final String token;
  private final Queue<String> credentials = new ConcurrentLinkedQueue<>();
  private final Queue<String> requests = new ConcurrentLinkedQueue<>();
  private final Queue<String> exposed = new ConcurrentLinkedQueue<>();
  private String elsewhere = "";

  GitServer(Path root, String token) throws IOException {
    this.root = root;
    this.token = token;
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", this::answer);
    http.start();
  }

  String url(String path) {
    return "http://127.0.0.1:" + http.getAddress().getPort() + path;
  }

  /** Adds a handler for requests below a path. */
  void serve(String path, HttpHandler handler) {
    http.createContext(path, handler);
  }

  /** Sets the target of {@code /away}. */
  void leadTo(String url) {
    elsewhere = url;
  }

  /** User and password of each request that had them. */
  List<String> credentials() {
    return List.copyOf(credentials);
  }

  /** The paths of all requests. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  /** The argument lists of processes that contained the token while a client logged in with it. */
  List<String> exposed() {
    return List.copyOf(exposed);
  }

  private void lookForToken() throws IOException {
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (var process : processes) {
        var arguments = arguments(process);
        if (arguments.contains(token)) {
          exposed.add(arguments);
        }
      }
    }
  }

  private static String arguments(Path process) {
    try {
      return new String(
          Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // it has ended
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.add(exchange.getRequestURI().getPath());
      var given = exchange.getRequestHeaders().getFirst("Authorization");
      var user = given == null ? "" : decoded(given);
      if (!user.isEmpty()) {
        credentials.add(user);
        lookForToken();
      }
      var path = exchange.getRequestURI().getPath();
      if (path.startsWith("/away/")) {
        var query = exchange.getRequestURI().getRawQuery();
        var place = elsewhere + path.substring("/away".length()) + "?" + query;
        exchange.getResponseHeaders().set("Location", place);
        exchange.sendResponseHeaders(302, -1);
      } else if (path.startsWith("/told/") && !user.isEmpty()) {
        var said =
            "You sent %s, which is %s".formatted(given, user).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain");
        exchange.sendResponseHeaders(403, said.length);
        exchange.getResponseBody().write(said);
      } else if (path.matches("/(private|told)/.*") && !user.endsWith(":" + token)) {
        exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"git\"");
        exchange.sendResponseHeaders(401, -1);
      } else {
        serve(exchange, path);
      }
    }
  }

  private static String decoded(String authorization) {
    var base64 = authorization.substring("Basic ".length());
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }

  private void serve(HttpExchange exchange, String path) throws IOException {
    var body = exchange.getRequestBody().readAllBytes();
    var builder = new ProcessBuilder("git", "http-backend");
    var headers = exchange.getRequestHeaders();
    var query = exchange.getRequestURI().getRawQuery();
    builder
        .environment()
        .putAll(
            Map.of(
                "GIT_PROJECT_ROOT", root.toString(),
                "GIT_HTTP_EXPORT_ALL", "1",
                "PATH_INFO", path,
                "QUERY_STRING", query == null ? "" : query,
                "REQUEST_METHOD", exchange.getRequestMethod(),
                "CONTENT_TYPE", orEmpty(headers.getFirst("Content-Type")),
                "CONTENT_LENGTH", Integer.toString(body.length),
                "HTTP_CONTENT_ENCODING", orEmpty(headers.getFirst("Content-Encoding")),
                "GIT_PROTOCOL", orEmpty(headers.getFirst("Git-Protocol")),
                "REMOTE_USER", "customer"));
    var process = builder.start();
    Thread.startVirtualThread(() -> feed(process, body));
    var answer = process.getInputStream();
    var status = 200;
    for (var line = line(answer); !line.isEmpty(); line = line(answer)) {
      var colon = line.indexOf(": ");
      if (line.startsWith("Status: ")) {
        status = Integer.parseInt(line.substring(colon + 2, colon + 5));
      } else {
        exchange.getResponseHeaders().add(line.substring(0, colon), line.substring(colon + 2));
      }
    }
    exchange.sendResponseHeaders(status, 0);
    answer.transferTo(exchange.getResponseBody());
  }

  private static String orEmpty(String text) {
    return text == null ? "" : text;
  }

  private static void feed(Process process, byte[] body) {
    try (var in = process.getOutputStream()) {
      in.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String line(java.io.InputStream from) throws IOException {
    var line = new ByteArrayOutputStream();
    for (var next = from.read(); next >= 0 && next != '\n'; next = from.read()) {
      line.write(next);
    }
    return line.toString(StandardCharsets.UTF_8).strip();
  }

  /** Runs git for a test; returns its output. */
  static String git(Path folder, String... arguments) throws IOException {
    var command = new ArrayList<>(List.of("git", "-c", "user.name=t", "-c", "user.email=t@t"));
    command.addAll(List.of("-c", "protocol.file.allow=always"));
    command.addAll(List.of(arguments));
    var process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", arguments) + ": " + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return said.strip();
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
