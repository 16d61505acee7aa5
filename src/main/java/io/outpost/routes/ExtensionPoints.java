package io.outpost.routes;

import org.springframework.stereotype.Component;

/** Which extension points somebody uses, so that the others cost nothing. Stateless. */
@Component("extensionPoints")
public class ExtensionPoints {

  private final RouteFolder folder;

  ExtensionPoints(RouteFolder folder) {
    this.folder = folder;
  }

  /** Whether the file of that name is of a mounted folder, and not the empty one of ours. */
  public boolean isUsed(String point) {
    return MountedFolder.ROLES.stream()
        .anyMatch(role -> folder.isYours(role + "/" + point + MountedFolder.SUFFIX));
  }
}
