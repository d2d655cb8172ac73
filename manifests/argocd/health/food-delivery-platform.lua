-- How healthy Argo CD takes a FoodDeliveryPlatform to be. Of Lua's libraries Argo CD opens few, and none for text.
local function health(status, message)
  return { status = status, message = message }
end

local function condition(type)
  local conditions = obj.status ~= nil and obj.status.conditions or {}
  for _, found in ipairs(conditions) do
    if found.type == type then
      return found
    end
  end
  return nil
end

local function is_true(found)
  return found ~= nil and found.status == "True"
end

local function message_of(found, otherwise)
  if found ~= nil and found.message ~= nil and found.message ~= "" then
    return found.message
  end
  return otherwise
end

if obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", "the platform is being deleted")
end

local ready = condition("Ready")
if ready == nil then
  return health("Progressing", "the operator has not reported on this platform yet")
end

-- What is said of an older generation says nothing of this one, not even that it failed.
local generation = obj.metadata.generation
local function is_older(observed)
  return observed ~= nil and generation ~= nil and observed < generation
end
if obj.status.observedGeneration == nil or is_older(obj.status.observedGeneration) or is_older(ready.observedGeneration) then
  return health("Progressing", "the operator has not looked at the last change yet")
end

local stalled = condition("Stalled")
if is_true(stalled) then
  return health("Degraded", message_of(stalled, "somebody has to step in"))
end

if (obj.spec ~= nil and obj.spec.suspend == true) or ready.reason == "Suspended" then
  -- Everything may be as described; then there is nothing pending, and the operator says that it is ready.
  if is_true(ready) then
    return health("Suspended", "suspended; nothing would change")
  end
  return health("Suspended", message_of(ready, "suspended"))
end

if is_true(ready) then
  return health("Healthy", message_of(ready, "everything is up"))
end

return health("Progressing", message_of(ready, message_of(condition("Reconciling"), "not ready yet")))
