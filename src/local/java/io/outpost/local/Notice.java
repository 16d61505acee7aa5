package io.outpost.local;

import java.util.Optional;

/** A message that was published to a topic of the embedded SNS. */
public record Notice(String topicArn, Optional<String> subject, String message) {}
