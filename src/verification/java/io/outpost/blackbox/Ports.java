package io.outpost.blackbox;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Finds free ports for servers whose port must be given. */
public final class Ports {

  /** Below the ports of outgoing connections: from 32768 on Linux, higher on macOS. */
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
        // The port is in use; try another.
      }
    }
  }
}
