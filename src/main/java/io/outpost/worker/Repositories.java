package io.outpost.worker;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobItems;
import io.outpost.job.PushBegun;
import io.outpost.job.Repository;
import io.outpost.job.RepositoryAddress;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import io.outpost.worker.agent.AgentLauncher;
import io.outpost.worker.agent.RepositoryScript;
import io.outpost.worker.agent.StopReason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.ExchangeException;
import org.apache.camel.ExchangeProperty;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * Clones a repository for the agent, and pushes the agent's changes. Only git gets the credentials,
 * from the tenant's secret, before the agent starts and after it has ended. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("repositories")
public class Repositories {

  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
  private static final Pattern NOT_IN_A_NAME = Pattern.compile("[<>\\x00-\\x1f\\x7f]");
  private static final int LONGEST_SAID = 500;
  private static final String REDACTED = "[redacted]";

  /** The user name that goes with the secret, for servers that ask for one (credentials.sh). */
  private static final String USER = "x-access-token";

  private static final String NOT_CLONED = "repository-failed";
  private static final String NOT_PUSHED = "repository-push-failed";

  private final AgentLauncher launcher;
  private final ProviderKeys keys;
  private final JobItems jobs;
  private final Leases leases;
  private final HostNames hosts;
  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final String gitLfs;
  private final boolean loopback;

  Repositories(
      AgentLauncher launcher,
      ProviderKeys keys,
      JobItems jobs,
      Leases leases,
      HostNames hosts,
      DynamoDbClient dynamoDb,
      Names names,
      @Value("${outpost.repositories.git-lfs}") String gitLfs,
      @Value("${outpost.repositories.allow-loopback}") boolean loopback) {
    this.launcher = launcher;
    this.keys = keys;
    this.jobs = jobs;
    this.leases = leases;
    this.hosts = hosts;
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.gitLfs = gitLfs;
    this.loopback = loopback;
  }

  /** Clones the repository into the working directory; when that fails, the job fails. */
  public void bring(@ExchangeProperty("run") Run run) throws IOException {
    var wanted = run.job().cloned();
    var access = access(run, NOT_CLONED);
    if (access.isEmpty()) {
      return;
    }
    var arrived = arrivedBefore(run, access.get());
    if (run.stopReason().isPresent() || !run.isReady()) {
      return;
    }
    var arguments =
        access
            .get()
            .arguments(
                Objects.toString(wanted.ref(), ""),
                wanted.depth() == null ? "0" : wanted.depth().toString(),
                Boolean.TRUE.equals(wanted.submodules()) ? "1" : "0",
                arrived.map(PushBegun::commit).orElse(""),
                arrived.map(PushBegun::base).orElse(""),
                access.get().lfs());
    var ended = talk(run, RepositoryScript.CLONE, arguments, access.get(), "", run::stopReason);
    if (run.stopReason().isPresent()) {
      return;
    }
    if (ended.exitCode() == 0 && isCommit(ended.lines(), 0)) {
      run.branch(ended.lines().size() > 1 ? ended.lines().get(1) : null);
      run.repository(
          wanted
              .withCommit(ended.lines().getFirst())
              .withPushed(arrived.map(push -> pushed(run, push.commit())).orElse(null)));
    } else {
      run.fail(fault(NOT_CLONED, "The repository was not cloned", ended, access.get()));
    }
  }

  /**
   * The push of an earlier attempt that reached the server, although its worker died before
   * recording the success. Then the job runs again from the commit at which the earlier attempt
   * began, and pushes nothing more.
   */
  private Optional<PushBegun> arrivedBefore(Run run, Access access) throws IOException {
    var push = run.job().cloned().push();
    var begun =
        push == null
            ? Optional.<PushBegun>empty()
            : jobs.pushBegun(run.job().tenantId(), run.job().jobId());
    if (push == null || begun.isEmpty()) {
      return begun;
    }
    var ended =
        launcher.git(
            RepositoryScript.PUSHED,
            run.files(),
            access.arguments(begun.get().commit(), push.branch()),
            access.secret(),
            run::stopReason);
    if (run.stopReason().isEmpty() && ended.exitCode() != 0) {
      run.fail(fault(NOT_CLONED, "The branch of the push was not read", ended, access));
    }
    if (!isCommit(ended.lines(), 0)) {
      return Optional.empty();
    }
    run.warn(
        "repository-pushed-before",
        "An earlier attempt of this job has pushed %s; this one pushed nothing."
            .formatted(begun.get().commit()));
    return begun;
  }

  private static Repository.Pushed pushed(Run run, String commit) {
    return new Repository.Pushed(run.job().cloned().pushTo().branch(), commit, null);
  }

  /** Writes the agent's changes to the artifacts; warns when the changes cannot be compared. */
  public void compare(@ExchangeProperty("run") Run run) throws IOException {
    var repository = run.repository();
    if (repository == null || run.changes() != null) {
      return;
    }
    var ended =
        launcher.git(
            RepositoryScript.CHANGES,
            run.files(),
            List.of(repository.base()),
            "",
            () -> lostFor(run));
    if (ended.exitCode() == 0 && isCommit(ended.lines(), 0) && isCommit(ended.lines(), 1)) {
      run.changes(new Run.Changes(ended.lines().get(0), ended.lines().get(1)));
    } else {
      run.warn("repository-changes-missing", shortened(why(ended)));
    }
  }

  /**
   * Pushes the changes of a successful agent, once; the job fails when the server refuses the push.
   */
  public void push(@ExchangeProperty("run") Run run) throws IOException {
    var repository = run.repository();
    var changes = run.changes();
    if (repository == null
        || repository.push() == null
        || changes == null
        || !run.isOurs()
        || repository.pushed() != null
        || !run.process().result().succeeded()) {
      return;
    }
    var access = access(run, NOT_PUSHED);
    if (access.isEmpty()) {
      return;
    }
    var arguments = commitArguments(run.job(), repository, changes, access.get());
    var made =
        launcher.git(
            RepositoryScript.COMMIT,
            run.files(),
            arguments,
            "\0" + message(run.job()),
            () -> lostFor(run));
    if (made.exitCode() == 0 && made.lines().isEmpty()) {
      return; // nothing was changed
    }
    if (made.exitCode() == 0 && isCommit(made.lines(), 0)) {
      leases.beforePush(run, new PushBegun(repository.base(), made.lines().getFirst()));
      if (run.isLost()) {
        return;
      }
    }
    var ended =
        made.exitCode() != 0
            ? made
            : talk(
                run,
                RepositoryScript.PUSH,
                arguments,
                access.get(),
                message(run.job()),
                () -> lostFor(run));
    if (ended.exitCode() != 0) {
      run.fail(fault(NOT_PUSHED, "The changes were not pushed", ended, access.get()));
    } else if (isCommit(ended.lines(), 0)) {
      run.repository(repository.withPushed(pushed(run, ended.lines().getFirst())));
    }
  }

  /** Everything that the commit depends on, so that a retry creates the same commit. */
  private List<String> commitArguments(
      Job job, Repository repository, Run.Changes changes, Access access)
      throws UnknownHostException {
    var who = who(job);
    return access.arguments(
        repository.base(),
        changes.tree(),
        changes.head(),
        repository.pushTo().branch(),
        who.name(),
        who.email(),
        Long.toString(Instant.now().getEpochSecond()),
        access.lfs());
  }

  /** Runs a script that connects to the repository's server. Git-lfs connects through a tunnel. */
  private RepositoryScript.Ended talk(
      Run run,
      RepositoryScript script,
      List<String> arguments,
      Access access,
      String message,
      Supplier<Optional<StopReason>> stop)
      throws IOException {
    if (access.lfs().isEmpty()) {
      var input = access.secret() + "\0" + message;
      return launcher.git(script, run.files(), arguments, input, stop);
    }
    try (var tunnel = new PublicTunnel(access.address(), access.found(), hosts)) {
      var input = String.join("\0", access.secret(), message, tunnel.url());
      return launcher.git(script, run.files(), arguments, input, stop);
    }
  }

  /** Why this worker no longer has the job; empty while it has. */
  private static Optional<StopReason> lostFor(Run run) {
    return run.isLost() ? run.stopReason() : Optional.empty();
  }

  /**
   * Everything needed to reach the repository.
   *
   * @param found the addresses of its host
   * @param secret empty: none
   * @param lfs the folder of git-lfs; empty: LFS files are not downloaded
   */
  private record Access(
      RepositoryAddress address, List<InetAddress> found, String secret, String lfs) {

    List<String> arguments(String... more) throws UnknownHostException {
      var pin = address.pin(found.toArray(InetAddress[]::new));
      var own = List.of(address.uri().toString(), address.origin(), pin, address.protocols());
      return Stream.concat(own.stream(), Stream.of(more)).toList();
    }
  }

  private Optional<Access> access(Run run, String code) throws NoNameServer {
    var repository = run.job().cloned();
    var address = RepositoryAddress.of(repository.url(), loopback);
    try {
      var secret =
          repository.secret() == null
              ? Optional.of("")
              : keys.find(run.job().tenantId(), repository.secret());
      if (secret.isEmpty()) {
        run.fail(new Job.Fault(code, "There is no secret %s.".formatted(repository.secret())));
      }
      var lfs =
          Boolean.TRUE.equals(repository.lfs())
              ? launcher.folderOf(gitLfs).map(Path::toString)
              : Optional.of("");
      if (lfs.isEmpty()) {
        run.fail(new Job.Fault(code, "This worker has no git-lfs."));
        return Optional.empty();
      }
      var found = hosts.find(address.host());
      var unused = address.pin(found); // refuses internal addresses
      return secret.map(value -> new Access(address, List.of(found), value, lfs.get()));
    } catch (UnknownHostException e) {
      run.fail(new Job.Fault(code, "The host does not exist."));
      return Optional.empty();
    }
  }

  /**
   * Fails the job, because no name server resolves the repository's host, so nothing was cloned.
   */
  public void giveUpClone(@ExchangeProperty("run") Run run, @ExchangeException NoNameServer why) {
    run.fail(new Job.Fault(NOT_CLONED, why.getMessage() + "; try again later."));
  }

  /**
   * Fails the job, because no name server resolves the repository's host, so nothing was pushed.
   */
  public void giveUpPush(@ExchangeProperty("run") Run run, @ExchangeException NoNameServer why) {
    run.fail(new Job.Fault(NOT_PUSHED, why.getMessage() + "; the changes are in changes.patch."));
  }

  private static boolean isCommit(List<String> lines, int number) {
    return lines.size() > number && COMMIT.matcher(lines.get(number)).matches();
  }

  private static Job.Fault fault(
      String code, String what, RepositoryScript.Ended ended, Access access) {
    return new Job.Fault(code, what + ": " + shortened(withoutSecret(why(ended), access.secret())));
  }

  /**
   * Removes the secret from a server's message, which may repeat it: plain, URL-encoded, or as in
   * git's Authorization header.
   */
  private static String withoutSecret(String said, String secret) {
    if (secret.isEmpty()) {
      return said;
    }
    var header = (USER + ":" + secret).getBytes(StandardCharsets.UTF_8);
    return said.replace(secret, REDACTED)
        .replace(URLEncoder.encode(secret, StandardCharsets.UTF_8), REDACTED)
        .replace(Base64.getEncoder().encodeToString(header), REDACTED);
  }

  private static String why(RepositoryScript.Ended ended) {
    return ended
        .stopped()
        .map(StopReason::text)
        .or(() -> Optional.of(ended.said()).filter(said -> !said.isBlank()))
        .orElse("git exited with code " + ended.exitCode());
  }

  private static String shortened(String said) {
    var line = said.replace('\n', ' ');
    return line.length() > LONGEST_SAID ? line.substring(0, LONGEST_SAID) : line;
  }

  /** The commit's message: the customer's, or one that names the agent and the job. */
  static String message(Job job) {
    var push = job.cloned().pushTo();
    return push.message() == null
        ? "Changes by %s\n\nJob: %s\n".formatted(job.agent(), job.jobId())
        : push.message();
  }

  /** The author of commits. */
  private record Author(String name, String email) {}

  private Author who(Job job) {
    var tenant =
        dynamoDb
            .getItem(g -> g.tableName(names.table("tenants")).key(Tenant.key(job.tenantId())))
            .item();
    return tenant.containsKey("name")
        ? new Author(plain(tenant.get("name").s()), plain(Items.required(tenant, "email").s()))
        : new Author("Outpost", "outpost@localhost");
  }

  private static String plain(String text) {
    return NOT_IN_A_NAME.matcher(text).replaceAll(" ").strip();
  }
}
