package io.outpost;

import java.time.Clock;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** The main class; the Spring profile {@code api} or {@code worker} selects the role. */
@SpringBootApplication
public class Outpost {

  /**
   * Starts the role that the active profile names, or runs a command and ends.
   *
   * @param args a {@link Command} or Spring's options
   */
  public static void main(String[] args) {
    Command.run(List.of(args)).ifPresent(System::exit);
    start(args.length == 2 && args[0].equals("verify-audit") ? verification(args[1]) : args);
  }

  /** The clock of all beans. */
  @Bean
  static Clock clock() {
    return Clock.systemUTC();
  }

  private static String[] verification(String tenant) {
    return new String[] {"--spring.profiles.active=verify", "--outpost.verify-audit=" + tenant};
  }

  private static void start(String[] args) {
    VirtualThreadCarriers.provide();
    var application = new SpringApplication(Outpost.class);
    application.addListeners(new StartupSettings());
    var context = application.run(args);
    if (context.getEnvironment().matchesProfiles("verify")) {
      System.exit(SpringApplication.exit(context));
    }
  }
}
