package io.outpost.aws;

import java.lang.StackWalker.StackFrame;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;

/**
 * Records the AWS rights that an Outpost has needed since its start, and the classes that made the
 * calls. Active only with the setting {@code outpost.test.aws-use}. Thread-safe.
 */
@Component
@ConditionalOnProperty("outpost.test.aws-use")
final class AwsUse implements ExecutionInterceptor {

  private final Set<Right> rights = ConcurrentHashMap.newKeySet();
  private final Set<String> callers = ConcurrentHashMap.newKeySet();

  /** The needed rights, without duplicates. */
  Set<Right> rights() {
    return Set.copyOf(rights);
  }

  /**
   * The calling classes with the called methods, such as {@code io.outpost.jobs.JobReader.getItem}.
   */
  Set<String> callers() {
    return Set.copyOf(callers);
  }

  @Override
  public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
    Right.neededBy(context.request()).forEach(rights::add);
    callers.add(caller() + "." + method(context.request()));
  }

  /**
   * The innermost class of the product on the stack; "camel" when one of Camel's components calls.
   */
  private static String caller() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .map(StackFrame::getClassName)
                    .filter(name -> name.startsWith("io.outpost."))
                    .filter(name -> !name.equals(AwsUse.class.getName()))
                    .findFirst())
        .orElse("camel")
        .replaceFirst("\\$.*", "");
  }

  private static String method(SdkRequest request) {
    var operation = Right.operation(request);
    return operation.substring(0, 1).toLowerCase(Locale.ROOT) + operation.substring(1);
  }
}
