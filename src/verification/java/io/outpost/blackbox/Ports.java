package io.outpost.blackbox;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports for servers that must be told theirs. */
public final class Ports {

  /** Below those that systems give to outgoing connections: Linux begins at 32768, macOS later. */
  private static final int FIRST = 20_000;

  private static final int END = 32_000;

  private Ports() {}

  /** A free port that no outgoing connection takes while its server is down. */
  public static int free() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      try (var socket = new ServerSocket(port)) {
        return socket.getLocalPort();
      } catch (IOException taken) {
        // Another one, then.
      }
    }
  }
}
