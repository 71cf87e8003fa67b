"""The messages of the test service, from descriptors that the test wrote: no generated code is needed."""
from google.protobuf import descriptor_pool, message_factory

FAILURE = "Größe 50 %: 大 😀"


def messages(descriptor_files, *names):
    pool = descriptor_pool.DescriptorPool()
    for path in descriptor_files:
        with open(path, "rb") as file:
            pool.AddSerializedFile(file.read())
    found = [pool.FindMessageTypeByName(name) for name in names]
    if hasattr(message_factory, "GetMessageClass"):
        return [message_factory.GetMessageClass(descriptor) for descriptor in found]
    return [message_factory.MessageFactory(pool).GetPrototype(descriptor) for descriptor in found]
