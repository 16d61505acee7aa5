package io.outpost.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.services.dynamodb.model.ConsumedCapacity;

/**
 * Counts an Outpost's calls to AWS by operation, and the capacity units that DynamoDB reports.
 * Active with the setting {@code outpost.test.units}. Thread-safe.
 */
@Component
@ConditionalOnProperty("outpost.test.units")
public final class CountedUnits implements ExecutionInterceptor {

  private static final List<String> READS = List.of("GetItem", "BatchGetItem", "Query", "Scan");

  private final Map<String, Cost> costs = new TreeMap<>();

  /** The cost of the calls of one operation. */
  public record Cost(double calls, double writes, double reads) {
    Cost plus(Cost other) {
      return new Cost(calls + other.calls, writes + other.writes, reads + other.reads);
    }

    /** The cost times a factor. */
    Cost times(double factor) {
      return new Cost(calls * factor, writes * factor, reads * factor);
    }
  }

  /** The costs by service and operation since the previous call of this method. */
  synchronized Map<String, Cost> take() {
    var taken = new TreeMap<>(costs);
    costs.clear();
    return taken;
  }

  @Override
  public SdkRequest modifyRequest(Context.ModifyRequest context, ExecutionAttributes attributes) {
    var request = context.request();
    for (SdkField<?> field : request.sdkFields()) {
      if (field.memberName().equals("ReturnConsumedCapacity")) {
        var builder = request.toBuilder();
        field.set(builder, "TOTAL");
        return builder.build();
      }
    }
    return request;
  }

  @Override
  public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
    var operation = attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME);
    var service = attributes.getAttribute(SdkExecutionAttribute.SERVICE_NAME).replace(" ", "");
    var read = READS.contains(operation);
    // The emulator reports no units for a read that finds nothing; AWS charges a half or
    // one.
    var units = Math.max(units(context.response()), read ? least(context.request()) : 0);
    var cost = new Cost(1, read ? 0 : units, read ? units : 0);
    synchronized (this) {
      costs.merge(service + "." + operation, cost, Cost::plus);
    }
  }

  private static double least(SdkRequest request) {
    return request.getValueForField("ConsistentRead", Boolean.class).orElse(false) ? 1 : 0.5;
  }

  private static double units(SdkResponse response) {
    var consumed = response.getValueForField("ConsumedCapacity", Object.class).orElse(List.of());
    return (consumed instanceof List<?> several ? several : List.of(consumed))
        .stream().mapToDouble(one -> ((ConsumedCapacity) one).capacityUnits()).sum();
  }
}
