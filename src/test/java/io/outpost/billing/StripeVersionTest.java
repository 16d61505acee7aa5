package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import com.stripe.Stripe;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.io.ClassPathResource;

/** What Stripe answers to the version that we pin is read by types of just that version. */
class StripeVersionTest {
  @Test
  void thePinnedVersionIsThatOfTheTypes() {
    assertThat(pinned()).isEqualTo(Stripe.API_VERSION);
  }

  private static Object pinned() {
    try {
      return new YamlPropertySourceLoader()
          .load("application", new ClassPathResource("application.yaml")).stream()
              .map(source -> source.getProperty("outpost.stripe.api-version"))
              .filter(java.util.Objects::nonNull)
              .findFirst()
              .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
