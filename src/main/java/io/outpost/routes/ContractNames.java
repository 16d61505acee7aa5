package io.outpost.routes;

import java.util.Collection;
import org.apache.camel.spi.PropertiesSource;
import org.jspecify.annotations.Nullable;

/**
 * Provides the operations of the contract as a pattern, for routes that run before every operation
 * and no other route.
 *
 * @param operations their operationIds
 */
record ContractNames(Collection<String> operations) implements PropertiesSource {

  /** The name of the placeholder (written in double braces). */
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
