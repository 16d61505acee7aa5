package io.outpost.local;

import org.springframework.boot.web.server.PortInUseException;

/** Why the start failed, in one line with the remedy. */
final class StartupFailure {

  private static final int OLDEST_JDK = 21;

  private StartupFailure() {}

  static void requireJdk() {
    if (Runtime.version().feature() < OLDEST_JDK) {
      throw new IllegalStateException(
          "JDK %d is too old; install JDK %d or newer"
              .formatted(Runtime.version().feature(), OLDEST_JDK));
    }
  }

  static String explain(Throwable failure) {
    for (var cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof PortInUseException port) {
        return "port %d is taken; stop what uses it, or choose another: SERVER_PORT=8081 mvn spring-boot:test-run"
            .formatted(port.getPort());
      }
    }
    var root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    var message = String.valueOf(root.getMessage()).lines().findFirst().orElse(root.toString());
    return message.isBlank() ? root.toString() : message;
  }
}
