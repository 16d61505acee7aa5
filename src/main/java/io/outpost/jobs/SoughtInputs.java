package io.outpost.jobs;

import io.outpost.job.JobInput;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The uploads that a request names. The first access looks all of them up, each once and in
 * parallel. For one thread.
 */
final class SoughtInputs {

  private static final int AT_ONCE = 10;

  private final Set<String> ids;
  private @Nullable Map<String, Optional<JobInput>> found;

  SoughtInputs(Set<String> ids) {
    this.ids = ids;
  }

  /** The upload with this id; empty when there is none. */
  Optional<JobInput> get(String id, Function<String, Optional<JobInput>> look) {
    if (found == null) {
      found = all(look);
    }
    return found.getOrDefault(id, Optional.empty());
  }

  private Map<String, Optional<JobInput>> all(Function<String, Optional<JobInput>> look) {
    try (var threads = Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory())) {
      Map<String, Future<Optional<JobInput>>> asked = new HashMap<>();
      ids.forEach(id -> asked.put(id, threads.submit(() -> look.apply(id))));
      Map<String, Optional<JobInput>> answers = new HashMap<>();
      asked.forEach((id, answer) -> answers.put(id, result(answer)));
      return answers;
    }
  }

  private static Optional<JobInput> result(Future<Optional<JobInput>> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
