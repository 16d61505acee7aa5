package io.outpost.routes;

import java.util.Collection;
import org.apache.camel.spi.PropertiesSource;
import org.jspecify.annotations.Nullable;

/**
 * The operations of the contract as a pattern, for routes that stand before all of them. No name of
 * a route that is none can be taken for one.
 *
 * @param operations their operationIds
 */
record ContractNames(Collection<String> operations) implements PropertiesSource {

  /** What stands in double braces. */
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
