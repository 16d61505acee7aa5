package io.outpost.http;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What a server sends for bytes that no HTTP client would send, or would hide.
 *
 * @param head the status line and the headers
 */
record RawAnswer(String head, String body) {

  private static final int LONGEST_MILLIS = 30_000;

  /** Sends bytes, each a Latin-1 character, and reads until the server closes. */
  static RawAnswer to(String address, String request) throws IOException {
    var uri = URI.create(address);
    try (var socket = new Socket(uri.getHost(), uri.getPort())) {
      socket.setSoTimeout(LONGEST_MILLIS);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      var end = answer.indexOf("\r\n\r\n");
      return end < 0
          ? new RawAnswer(answer, "")
          : new RawAnswer(answer.substring(0, end), answer.substring(end + 4));
    }
  }

  int status() {
    return head.startsWith("HTTP/1.1 ") ? Integer.parseInt(head.substring(9, 12)) : 0;
  }

  /** A header's value, the values of several with that name joined; empty when there is none. */
  String header(String name) {
    var values = new StringBuilder();
    for (var line : head.split("\r\n")) {
      if (line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":")) {
        values
            .append(values.isEmpty() ? "" : "|")
            .append(line.substring(name.length() + 1).strip());
      }
    }
    return values.toString();
  }
}
