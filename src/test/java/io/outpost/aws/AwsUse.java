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
 * What rights an Outpost needed of AWS since its start, and which classes called. Only where the
 * setting {@code outpost.test.aws-use} asks for it. Thread-safe.
 */
@Component
@ConditionalOnProperty("outpost.test.aws-use")
final class AwsUse implements ExecutionInterceptor {

  private final Set<Right> rights = ConcurrentHashMap.newKeySet();
  private final Set<String> callers = ConcurrentHashMap.newKeySet();

  /** The rights, each once. */
  Set<Right> rights() {
    return Set.copyOf(rights);
  }

  /** Who called what, such as {@code io.outpost.jobs.JobReader.getItem}. */
  Set<String> callers() {
    return Set.copyOf(callers);
  }

  @Override
  public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
    Right.neededBy(context.request()).forEach(rights::add);
    callers.add(caller() + "." + method(context.request()));
  }

  /** The innermost class of ours; Camel's components call in its stead. */
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
