package io.outpost.benchmarks;

import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import io.outpost.blackbox.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.PlatformManagedObject;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * A Java process that listens on a port; all have the same JVM and options. With the system
 * property {@code measured-core} the measured process runs on that core alone, and the others
 * where {@code benchmarks/run} has put them.
 */
final class Server implements AutoCloseable {

  /** Keeps compiler threads alive, so that their CPU time can be subtracted until the end. */
  private static final List<String> OPTIONS =
      List.of(
          "-XX:+UseSerialGC",
          "-Xms512m",
          "-Xmx512m",
          "-XX:-UseDynamicNumberOfCompilerThreads",
          "-Dsun.net.httpserver.nodelay=true");

  /** Linux's unit in /proc. */
  private static final double TICKS_PER_SECOND = 100;

  private final Process process;
  private final int port;

  private Server(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts a process that is not measured, with the port as its only argument, and waits until
   * it listens.
   */
  static Server beside(Class<?> main) throws IOException {
    var port = Ports.free();
    return start(List.of(), port, main, List.of(Integer.toString(port)), Map.of());
  }

  /** Starts a class, whose first argument is the port, and waits until it listens. */
  static Server start(Class<?> main, String... arguments) throws IOException {
    var port = Ports.free();
    var all = new ArrayList<>(List.of(Integer.toString(port)));
    all.addAll(List.of(arguments));
    return start(port, main, all, Map.of());
  }

  /** Starts a class on a port, with further environment, and waits until it listens. */
  static Server start(int port, Class<?> main, List<String> arguments, Map<String, String> more)
      throws IOException {
    var core = System.getProperty("measured-core");
    var pinned = core == null ? List.<String>of() : List.of("taskset", "--cpu-list", core);
    return start(pinned, port, main, arguments, more);
  }

  private static Server start(
      List<String> before,
      int port,
      Class<?> main,
      List<String> arguments,
      Map<String, String> more)
      throws IOException {
    var command = new ArrayList<>(before);
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(OPTIONS);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    var log = Files.createTempFile("outpost-" + main.getSimpleName(), ".log");
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(more);
    var process = builder.redirectOutput(log.toFile()).start();
    await(main.getSimpleName() + ", see " + log)
        .atMost(Duration.ofMinutes(2))
        .until(() -> listens(port) || !process.isAlive());
    if (!process.isAlive()) {
      throw new IllegalStateException(Files.readString(log));
    }
    return new Server(process, port);
  }

  int port() {
    return port;
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** The process's CPU time in seconds, without that of its JIT compiler. */
  double cpu() {
    return seconds(stat(Path.of("/proc/" + process.pid()))) - jit();
  }

  /** Seconds of CPU that its JIT compiler has used. */
  double jit() {
    try (var threads = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
      return threads.map(Server::stat).filter(Server::isJit).mapToDouble(Server::seconds).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Bytes that all its threads have allocated so far, as its JVM tells by JMX (<a
   * href="https://docs.oracle.com/en/java/javase/21/docs/api/jdk.management/com/sun/management/ThreadMXBean.html">ThreadMXBean</a>).
   */
  long allocated() {
    return ask(ThreadMXBean.class, ThreadMXBean::getTotalThreadAllocatedBytes);
  }

  /** Bytes of its heap that are in use after a garbage collection. */
  long heap() {
    return ask(
        MemoryMXBean.class,
        memory -> {
          memory.gc();
          return memory.getHeapMemoryUsage().getUsed();
        });
  }

  /** The number of its open files and sockets. */
  long files() {
    return count("fd");
  }

  /** The number of its operating system threads. */
  long threads() {
    return count("task");
  }

  private long count(String of) {
    try (var entries = Files.list(Path.of("/proc/" + process.pid() + "/" + of))) {
      return entries.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("BanJNDI") // it speaks with a JVM that this one has started
  private <B extends PlatformManagedObject> long ask(Class<B> bean, ToLongFunction<B> question) {
    try {
      var machine = VirtualMachine.attach(Long.toString(process.pid()));
      try (var connector =
          JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()))) {
        return question.applyAsLong(
            ManagementFactory.getPlatformMXBean(connector.getMBeanServerConnection(), bean));
      } finally {
        machine.detach();
      }
    } catch (IOException | AttachNotSupportedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private static String stat(Path thread) {
    try {
      return Files.readString(thread.resolve("stat"));
    } catch (IOException e) {
      return ""; // the thread has ended meanwhile
    }
  }

  private static boolean isJit(String stat) {
    return stat.contains("(C1 Comp") || stat.contains("(C2 Comp");
  }

  /** Fields 14 and 15 of proc_pid_stat(5); the name before them may hold spaces. */
  private static double seconds(String stat) {
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }

  private static boolean listens(int port) {
    try (var socket = new Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }
}
