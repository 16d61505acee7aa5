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
 * A coding agent, as described by its file in the catalogue. Immutable.
 *
 * @param name the value of a job's {@code agent}
 * @param title the display name
 * @param command program and arguments; {@code {model}} and {@code {task_file}} are replaced at
 *     launch
 * @param model the value of {@code {model}}; empty when the command has no such placeholder
 * @param providerVariables variables that carry the provider's key, the preferred one first
 * @param login command to run first, with the provider key on standard input; empty: none
 * @param environment variables with a fixed value
 * @param timeLimit for jobs without a time limit of their own
 * @param version command that prints the version of a usable program; empty: not checked
 * @param successCodes exit codes that mean success
 * @param usage where the output reports the consumption; {@code null}: nowhere
 * @param models further models that a job may name; one that ends with {@code *} matches every name
 *     with this beginning
 * @param costLimit arguments that make the program stop at {@code {max_cost_usd}}; empty when it
 *     cannot
 * @param conversation how a conversation is continued; {@code null} when it cannot be
 * @param demo whether the built-in demo script replaces the real program
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

  /** Whether the command comes from a setting, so that no version check applies. */
  public boolean trusted() {
    return version.isEmpty() && !demo;
  }

  /** Fills in optional fields. */
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

  /** The models that a job may name, the default first. */
  public List<String> allowedModels() {
    return Stream.concat(Stream.of(model), models.stream())
        .filter(name -> !name.isEmpty())
        .distinct()
        .toList();
  }

  /** Whether a job may name this model. */
  public boolean allows(String wanted) {
    return allowedModels().stream()
        .anyMatch(
            name ->
                name.endsWith(ALL)
                    ? wanted.startsWith(name.substring(0, name.length() - 1))
                    : wanted.equals(name));
  }

  /** Whether the command comes from the catalogue, so that arguments may be added to it. */
  public boolean original() {
    return !demo && !trusted();
  }

  /** Whether a cost limit can be enforced: the program stops by itself, or reports its cost. */
  public boolean keepsToCost() {
    return !costLimit.isEmpty() || (usage != null && usage.costUsd() != null);
  }

  /**
   * How a later job continues a conversation.
   *
   * @param session JSON pointer to the conversation's id in a JSON line of the output
   * @param folder the folder, below the agent's home, in which the program stores conversations
   * @param command replaces the agent's usual command; {@code {session}} is the id
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
   * @param costUsd cost in US dollars; {@code null} when the program does not report it
   */
  public record UsagePointers(String inputTokens, String outputTokens, @Nullable String costUsd) {}

  /** The same agent with another command, and without a login step and a version check. */
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

  /** The same agent with another default model. */
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
