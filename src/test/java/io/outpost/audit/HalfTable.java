package io.outpost.audit;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/**
 * Makes DynamoDB accept only half of each write batch, as a busy table does. Active in an Outpost
 * with the setting {@code outpost.test.half-table}. Thread-safe.
 */
@Component
@ConditionalOnProperty("outpost.test.half-table")
class HalfTable implements ExecutionInterceptor {

  private static final ExecutionAttribute<Map<String, List<WriteRequest>>> LEFT =
      new ExecutionAttribute<>("left");

  private final Queue<Integer> left = new ConcurrentLinkedQueue<>();

  /** The number of writes that were left over from each batch, in the order of the batches. */
  List<Integer> left() {
    return List.copyOf(left);
  }

  @Override
  public SdkRequest modifyRequest(Context.ModifyRequest context, ExecutionAttributes attributes) {
    if (!(context.request() instanceof BatchWriteItemRequest batch)) {
      return context.request();
    }
    var table = batch.requestItems().keySet().iterator().next();
    var writes = batch.requestItems().get(table);
    var half = (writes.size() + 1) / 2;
    var rest = writes.subList(half, writes.size());
    attributes.putAttribute(LEFT, rest.isEmpty() ? Map.of() : Map.of(table, rest));
    left.add(rest.size());
    return batch.toBuilder().requestItems(Map.of(table, writes.subList(0, half))).build();
  }

  @Override
  public SdkResponse modifyResponse(
      Context.ModifyResponse context, ExecutionAttributes attributes) {
    return context.response() instanceof BatchWriteItemResponse done
        ? done.toBuilder().unprocessedItems(attributes.getAttribute(LEFT)).build()
        : context.response();
  }
}
