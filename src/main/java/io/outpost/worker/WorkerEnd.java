package io.outpost.worker;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** Ends the worker's process in the way of SIGTERM, with exit code 0. Thread-safe. */
@Profile({"worker", "local"})
@Component("workerEnd")
public class WorkerEnd {

  private final ApplicationContext context;

  WorkerEnd(ApplicationContext context) {
    this.context = context;
  }

  /** Returns at once: the shutdown also stops the route that calls this. */
  public void begin() {
    Thread.ofPlatform()
        .name("worker-end")
        .start(() -> System.exit(SpringApplication.exit(context)));
  }
}
