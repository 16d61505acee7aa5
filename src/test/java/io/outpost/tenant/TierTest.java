package io.outpost.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** A setting by tier that lacks a tier is reported by name, not as a null pointer. */
class TierTest {

  @Test
  void aSettingIsReadByTier() {
    assertThat(Tier.PRO.in(Map.of(Tier.FREE, 1, Tier.PRO, 2))).isEqualTo(2);
  }

  @Test
  void aTierThatASettingForgotIsNamed() {
    assertThatThrownBy(() -> Tier.ENTERPRISE.in(Map.of(Tier.FREE, 1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("A setting has no value for the tier enterprise");
  }
}
