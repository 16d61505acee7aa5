package io.outpost.worker.files;

import java.nio.file.Path;

/** Judges symbolic links by their text alone; nobody who uses this may follow one. */
final class Links {

  private Links() {}

  /** Whether a link at this place below a root points to a place below the root, or to the root. */
  static boolean staysWithin(Path place, Path target) {
    if (target.isAbsolute()) {
      return false;
    }
    Path parent = place.getParent();
    Path end = (parent == null ? target : parent.resolve(target)).normalize();
    return !end.startsWith("..");
  }
}
