package io.outpost.worker.lanes;

import software.amazon.awssdk.services.sqs.model.Message;

/** A received message with its lane. */
record Delivery(int lane, Message message) {}
