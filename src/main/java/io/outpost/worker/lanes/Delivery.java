package io.outpost.worker.lanes;

import software.amazon.awssdk.services.sqs.model.Message;

/** A message as it came out of a lane. */
record Delivery(int lane, Message message) {}
