package io.outpost;

import io.outpost.billing.BillingCommand;
import io.outpost.routes.RoutesCommand;
import java.io.PrintStream;
import java.util.List;
import java.util.OptionalInt;

/** What an operator may ask for on the command line instead of a start. Stateless. */
final class Command {

  private static final String USAGE =
      """
      usage: outpost routes check [folder]           checks the routes of a folder, or the shipped ones
             outpost routes test [folder]            runs the YAML tests beside the routes
             outpost routes copy <file> <folder>     copies a shipped file, to be changed there
             outpost routes diff [folder]            lists changes of shipped files since they were copied
             outpost billing check                   checks the Stripe account of the settings
             outpost verify-audit <tenant>           checks that a tenant's audit archive is unchanged
      Without a command Outpost starts as api or worker, as SPRING_PROFILES_ACTIVE says.
      """;

  private Command() {}

  /**
   * Runs the command that the arguments name.
   *
   * @return its exit code; empty when Outpost is to start with these arguments
   */
  static OptionalInt run(List<String> arguments) {
    return run(arguments, System.out, System.err);
  }

  static OptionalInt run(List<String> arguments, PrintStream out, PrintStream err) {
    var first = arguments.isEmpty() ? "" : arguments.getFirst();
    return switch (first) {
      case "routes" -> OptionalInt.of(RoutesCommand.run(arguments.subList(1, arguments.size())));
      case "billing" -> OptionalInt.of(BillingCommand.run(arguments.subList(1, arguments.size())));
      case "help", "--help", "-h" -> usage(out, 0);
      case "verify-audit" -> arguments.size() == 2 ? OptionalInt.empty() : usage(err, 2);
      default -> first.isEmpty() || first.startsWith("--") ? OptionalInt.empty() : usage(err, 2);
    };
  }

  private static OptionalInt usage(PrintStream to, int exitCode) {
    to.print(USAGE);
    return OptionalInt.of(exitCode);
  }
}
