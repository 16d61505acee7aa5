package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import com.stripe.Stripe;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.io.ClassPathResource;

/** The pinned API version is the one of Stripe's types in our library. */
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
