package io.outpost;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * Outpost's one program; the Spring profile {@code api} or {@code worker} says which role it plays.
 */
@SpringBootApplication
public class Outpost {

  /** Starts the role named by the active profile; a command ends when it is done. */
  public static void main(String[] args) {
    VirtualThreadCarriers.provide();
    var application = new SpringApplication(Outpost.class);
    application.addListeners(new StartupSettings());
    var context = application.run(args);
    if (context.getEnvironment().matchesProfiles("verify")) {
      System.exit(SpringApplication.exit(context));
    }
  }
}
