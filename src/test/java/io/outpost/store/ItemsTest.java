package io.outpost.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whoever reads the log of a broken item finds which attribute it lacks, and no value. */
class ItemsTest {

  @Test
  void anAttributeThatIsThereIsRead() {
    assertThat(Items.required(Map.of("tier", Items.text("pro")), "tier").s()).isEqualTo("pro");
  }

  @Test
  void anAttributeThatIsMissingIsNamed() {
    assertThatThrownBy(() -> Items.required(Map.of("secret", Items.text("hidden")), "tier"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("The item has no attribute tier");
  }
}
