package io.outpost.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** The error about a broken item names the missing attribute and shows no value. */
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
