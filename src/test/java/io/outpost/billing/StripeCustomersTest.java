package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Finds the tenant of the customer that an event is about. */
class StripeCustomersTest {

  private static final String DELETED =
      "{\"object\":\"customer\",\"id\":\"cus_1\",\"deleted\":true}";
  private static final String SOMEBODY = "{\"object\":\"customer\",\"id\":\"cus_1\"}";

  private final StripeCustomers customers = new StripeCustomers();

  @Test
  void aCustomerOfATenantThatIsGoneIsNoStranger() {
    assertThat(customers.isStranger("a-tenant-removed-long-ago", SOMEBODY)).isFalse();
  }

  @Test
  void whoNamesNoTenantIsAStrangerUnlessDeleted() {
    assertThat(customers.isStranger(null, SOMEBODY)).isTrue();
    assertThat(customers.isStranger(null, null)).isTrue();
    assertThat(customers.isStranger(null, DELETED)).isFalse();
  }
}
