package io.outpost.local;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;

/**
 * Records every call to AWS of an Outpost that was started with the setting {@code
 * outpost.test.aws-calls}. Can also make calls fail, as if AWS were down. Thread-safe.
 */
@Component
@ConditionalOnProperty("outpost.test.aws-calls")
public class AwsCalls implements ExecutionInterceptor {

  private final Queue<SdkRequest> asked = new ConcurrentLinkedQueue<>();
  private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
  private volatile Predicate<SdkRequest> broken = request -> false;

  /** A call and its answer. */
  public record Seen(SdkRequest request, SdkResponse response) {}

  /** From now on matching calls fail. */
  public void fail(Predicate<SdkRequest> calls) {
    broken = calls;
  }

  /** From now on all calls work. */
  public void work() {
    broken = request -> false;
  }

  /** The calls that succeeded so far, in the order of their answers. */
  public List<Seen> seen() {
    return List.copyOf(seen);
  }

  /** All calls so far, including those that failed. */
  public List<SdkRequest> asked() {
    return List.copyOf(asked);
  }

  @Override
  public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
    asked.add(context.request());
    if (broken.test(context.request())) {
      throw SdkClientException.create("This call was made to fail");
    }
  }

  @Override
  public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
    seen.add(new Seen(context.request(), context.response()));
  }
}
