package io.outpost.jobs;

import java.util.Map;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;

/** Counts the dead letters that are pending again. Stateless. */
public class RedriveCounter implements AggregationStrategy {

  private static final String COUNT = "redriven";

  @Override
  public Exchange aggregate(Exchange before, Exchange one) {
    var count = before == null ? 0 : before.getProperty(COUNT, Integer.class);
    one.setProperty(COUNT, count + (one.getProperty("revived", false, Boolean.class) ? 1 : 0));
    return one;
  }

  /** How many. */
  public static Map<String, Integer> answer(@ExchangeProperty(COUNT) Integer count) {
    return Map.of(COUNT, count == null ? 0 : count);
  }
}
