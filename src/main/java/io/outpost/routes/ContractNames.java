package io.outpost.routes;

import java.util.Collection;
import org.apache.camel.spi.PropertiesSource;
import org.jspecify.annotations.Nullable;

/**
 * The operations of the contract as a pattern, for routes that run before all of them. The pattern
 * matches no other route.
 *
 * @param operations their operationIds
 */
record ContractNames(Collection<String> operations) implements PropertiesSource {

  /** The placeholder in double braces. */
  static final String OPERATIONS = "contract.operations";

  @Override
  public String getName() {
    return "contract";
  }

  @Override
  public @Nullable String getProperty(String name) {
    return name.equals(OPERATIONS) ? String.join("|", operations) : null;
  }
}
