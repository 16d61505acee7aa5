package io.outpost.aws;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;

/**
 * Sees every AWS call of an Outpost under test and can make calls fail. Active only with the
 * setting {@code outpost.probe}. Thread-safe.
 */
@Component
@ConditionalOnProperty("outpost.probe")
public final class AwsProbe implements ExecutionInterceptor {

  private final List<Consumer<Call>> before = new CopyOnWriteArrayList<>();
  private final List<Consumer<Call>> after = new CopyOnWriteArrayList<>();

  /**
   * A call to AWS.
   *
   * @param service such as {@code DynamoDb}, {@code Sqs}, {@code S3}, {@code SecretsManager}
   * @param operation such as {@code GetItem}
   * @param response null before AWS has answered
   */
  public record Call(String service, String operation, SdkRequest request, SdkResponse response) {

    /** Whether the request contains a text, such as the name of a table, a tenant or a queue. */
    public boolean mentions(String text) {
      return request.toString().contains(text);
    }
  }

  /** A watcher that a test has added; closing it removes the watcher. */
  public interface Watch extends AutoCloseable {
    @Override
    void close();
  }

  /** Shows the watcher every call before it is sent; the call throws what the watcher throws. */
  public Watch beforeEach(Consumer<Call> watcher) {
    before.add(watcher);
    return () -> before.remove(watcher);
  }

  /**
   * Shows the watcher every call after AWS has answered; what the watcher throws hides the answer.
   */
  public Watch afterEach(Consumer<Call> watcher) {
    after.add(watcher);
    return () -> after.remove(watcher);
  }

  /** A list that receives the wanted calls from now on. */
  public List<Call> record(Predicate<Call> wanted) {
    var calls = new CopyOnWriteArrayList<Call>();
    beforeEach(
        call -> {
          if (wanted.test(call)) {
            calls.add(call);
          }
        });
    return calls;
  }

  /** Makes all calls to a service fail, as after all of the client's own retries. */
  public Watch down(String service) {
    return down(service, "");
  }

  /** The same for one operation of the service; for all operations if it is empty. */
  public Watch down(String service, String operation) {
    return beforeEach(
        call -> {
          if (call.service().equals(service)
              && (operation.isEmpty() || call.operation().equals(operation))) {
            throw SdkClientException.create(service + " is down, for this test");
          }
        });
  }

  @Override
  public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
    var call = call(context.request(), null, attributes);
    before.forEach(watcher -> watcher.accept(call));
  }

  @Override
  public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
    var call = call(context.request(), context.response(), attributes);
    after.forEach(watcher -> watcher.accept(call));
  }

  private static Call call(
      SdkRequest request, SdkResponse response, ExecutionAttributes attributes) {
    var service = attributes.getAttribute(SdkExecutionAttribute.SERVICE_NAME);
    var operation = attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME);
    return new Call(service.replace(" ", ""), operation, request, response);
  }
}
