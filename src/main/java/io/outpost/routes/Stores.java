package io.outpost.routes;

import io.outpost.aws.Names;
import io.outpost.aws.Queues;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.FieldVisitor;
import org.springframework.asm.MethodVisitor;
import org.springframework.asm.Opcodes;
import org.springframework.asm.Type;

/**
 * Finds the tables, buckets and queues that a Java step may use, by reading the bytecode of its
 * class and of the classes that its constructors take, so the result is never outdated. Used by one
 * thread.
 */
final class Stores {

  private static final String OURS = "io/outpost/";
  private static final Set<String> NAMED = Set.of("table", "bucket", "queue");

  private final Map<String, Read> read = new HashMap<>();

  /**
   * What one class uses.
   *
   * @param ends the tables, buckets and queues that it names
   * @param parts the classes that it was built with
   */
  private record Read(Set<String> ends, Set<String> parts) {}

  /** What a class and its parts use, for example {@code table jobs}. */
  Set<String> of(Class<?> type) {
    var ends = new TreeSet<String>();
    collect(Type.getInternalName(type), ends, new HashSet<>());
    return ends;
  }

  private void collect(String type, Set<String> ends, Set<String> seen) {
    if (type.startsWith(OURS) && seen.add(type)) {
      var here = read.computeIfAbsent(type, Stores::read);
      ends.addAll(here.ends());
      here.parts().forEach(part -> collect(part, ends, seen));
    }
  }

  private static Read read(String type) {
    var found = new Read(new TreeSet<>(), new TreeSet<>());
    try (var bytes = Stores.class.getResourceAsStream("/" + type + ".class")) {
      if (bytes != null) {
        new ClassReader(bytes).accept(new Reader(found), ClassReader.SKIP_FRAMES);
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Reader extends ClassVisitor {
    private final Read found;

    Reader(Read found) {
      super(Opcodes.ASM9);
      this.found = found;
    }

    @Override
    public @Nullable FieldVisitor visitField(
        int access,
        String name,
        String descriptor,
        @Nullable String signature,
        @Nullable Object value) {
      if ((access & Opcodes.ACC_STATIC) == 0 && descriptor.startsWith("L" + OURS)) {
        found.parts().add(descriptor.substring(1, descriptor.length() - 1));
      }
      return null;
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      return new MethodVisitor(Opcodes.ASM9) {
        private @Nullable Object last;

        @Override
        public void visitLdcInsn(Object value) {
          last = value;
        }

        /**
         * Finds calls that take a name. The name is the constant that was loaded just before the
         * call.
         */
        @Override
        public void visitMethodInsn(
            int opcode, String owner, String method, String arguments, boolean ofInterface) {
          if (owner.equals(Type.getInternalName(Names.class)) && NAMED.contains(method)) {
            add(method);
          } else if (owner.equals(Type.getInternalName(Queues.class)) && method.equals("url")) {
            add("queue");
          }
          last = null;
        }

        private void add(String kind) {
          if (last instanceof String text) {
            found.ends().add(kind + " " + text);
          }
        }
      };
    }
  }
}
