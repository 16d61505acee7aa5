package io.outpost.routes;

import org.springframework.stereotype.Component;

/** Knows which extension points are used, so that the others cost nothing. Stateless. */
@Component("extensionPoints")
public class ExtensionPoints {

  private final RouteFolder folder;

  ExtensionPoints(RouteFolder folder) {
    this.folder = folder;
  }

  /** Whether a mounted folder replaces the empty route that is shipped for the extension point. */
  public boolean isUsed(String point) {
    return MountedFolder.ROLES.stream()
        .anyMatch(role -> folder.isYours(role + "/" + point + MountedFolder.SUFFIX));
  }
}
