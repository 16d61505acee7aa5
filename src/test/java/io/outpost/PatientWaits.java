package io.outpost;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Lets every wait of a test that names no limit last for minutes: the limit only ends a test that
 * would wait forever, and a busy machine can need much more than Awaitility's ten seconds. JUnit
 * applies it to every class (META-INF/services).
 */
public final class PatientWaits implements BeforeAllCallback {

  private static final Duration LIMIT = Duration.ofMinutes(10);

  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultTimeout(LIMIT);
  }
}
