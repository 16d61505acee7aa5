package io.outpost.job;

import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * The attribute of a slot or workspace item that says that jobs wait for it. Its value changes with
 * each new waiter.
 */
record WaiterFlag(String table, String tenantId, String thing) {

  static final String WAITERS = "waiters";

  void read(GetItemRequest.Builder get) {
    get.tableName(table).key(Tenant.key(tenantId, thing)).consistentRead(true);
  }

  Update.Builder set(String mark) {
    return update()
        .updateExpression("SET waiters = :mark")
        .expressionAttributeValues(Map.of(":mark", Items.text(mark)));
  }

  /** Clears the flag, unless another job has begun to wait. */
  Update.Builder clear(AttributeValue mark) {
    return update()
        .updateExpression("REMOVE waiters")
        .conditionExpression("waiters = :mark")
        .expressionAttributeValues(Map.of(":mark", mark));
  }

  private Update.Builder update() {
    return Update.builder().tableName(table).key(Tenant.key(tenantId, thing));
  }
}
