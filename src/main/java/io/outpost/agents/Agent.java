package io.outpost.agents;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A coding agent as its file in the catalogue describes it. Immutable.
 *
 * @param name what a job's {@code agent} says
 * @param title the name people know it by
 * @param command program and arguments; {@code {model}} and {@code {task_file}} are filled at
 *     launch
 * @param model what {@code {model}} stands for; empty when the command has no such place
 * @param providerVariables variables that carry the provider's key, the preferred one first
 * @param login run before the command with the provider key on standard input; empty for none
 * @param environment variables with a fixed value
 * @param timeLimit how long a job may run that names no limit itself
 * @param version prints the version where the program is usable; empty when it is taken on trust
 * @param successCodes exit codes that mean success
 * @param usage where the output tells what the run consumed; {@code null} where it does not
 * @param models further models that a job may name; one with {@code *} at its end stands for all
 *     that begin so
 * @param costLimit arguments that have the program stop at {@code {max_cost_usd}}; empty when it
 *     cannot
 * @param conversation how one is continued; {@code null} where it cannot be
 * @param demo whether the built-in demo script stands in for the real program
 */
public record Agent(
    String name,
    String title,
    List<String> command,
    String model,
    List<String> providerVariables,
    List<String> login,
    Map<String, String> environment,
    Duration timeLimit,
    List<String> version,
    Set<Integer> successCodes,
    @Nullable UsagePointers usage,
    List<String> models,
    List<String> costLimit,
    @Nullable Conversation conversation,
    @JsonIgnore boolean demo) {

  private static final String ALL = "*";

  /** Whether a setting names its program, which whoever set it vouches for. */
  public boolean trusted() {
    return version.isEmpty() && !demo;
  }

  /** Fills what a file may leave out. */
  public Agent {
    command = List.copyOf(command);
    model = Objects.requireNonNullElse(model, "");
    providerVariables = List.copyOf(providerVariables);
    login = login == null ? List.of() : List.copyOf(login);
    environment = environment == null ? Map.of() : Map.copyOf(environment);
    version = version == null ? List.of() : List.copyOf(version);
    successCodes = successCodes == null ? Set.of(0) : Set.copyOf(successCodes);
    models = models == null ? List.of() : List.copyOf(models);
    costLimit = costLimit == null ? List.of() : List.copyOf(costLimit);
  }

  /** What a job's {@code model} may be, the one that is used without it first. */
  public List<String> allowedModels() {
    return Stream.concat(Stream.of(model), models.stream())
        .filter(name -> !name.isEmpty())
        .distinct()
        .toList();
  }

  /** Whether a job may name the model. */
  public boolean allows(String wanted) {
    return allowedModels().stream()
        .anyMatch(
            name ->
                name.endsWith(ALL)
                    ? wanted.startsWith(name.substring(0, name.length() - 1))
                    : wanted.equals(name));
  }

  /** Whether the catalogue's own command starts it, so that arguments may be added. */
  public boolean original() {
    return !demo && !trusted();
  }

  /** Whether a job can be ended that has cost too much: it stops, or tells what it costs. */
  public boolean keepsToCost() {
    return !costLimit.isEmpty() || (usage != null && usage.costUsd() != null);
  }

  /**
   * How a conversation goes on in a later job.
   *
   * @param session JSON pointer to its id in a line of output
   * @param folder where the program keeps it, below its home
   * @param command in place of the agent's; {@code {session}} is the id
   */
  public record Conversation(String session, String folder, List<String> command) {

    /** Copies the list. */
    public Conversation {
      command = List.copyOf(command);
    }
  }

  /**
   * JSON pointers into a line of output.
   *
   * @param inputTokens tokens read by the model
   * @param outputTokens tokens written by the model
   * @param costUsd cost in US dollars; {@code null} where the program does not tell
   */
  public record UsagePointers(String inputTokens, String outputTokens, @Nullable String costUsd) {}

  /**
   * The same agent launched by another command, which signs in by itself and is not asked for a
   * version.
   */
  Agent withCommand(List<String> replacement) {
    return launchedBy(replacement, usage, false);
  }

  /** The same agent played by the demo script. */
  Agent asDemo(List<String> script) {
    return launchedBy(script, usage, true);
  }

  private Agent launchedBy(List<String> other, @Nullable UsagePointers pointers, boolean isDemo) {
    return new Agent(
        name,
        title,
        other,
        model,
        providerVariables,
        List.of(),
        environment,
        timeLimit,
        List.of(),
        successCodes,
        pointers,
        models,
        costLimit,
        conversation,
        isDemo);
  }

  /** The same agent asking for another model. */
  public Agent withModel(String other) {
    return new Agent(
        name,
        title,
        command,
        other,
        providerVariables,
        login,
        environment,
        timeLimit,
        version,
        successCodes,
        usage,
        models,
        costLimit,
        conversation,
        demo);
  }
}
