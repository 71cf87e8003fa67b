namespace DistZO.Devices;

/// <summary>
/// Something that the user gave (a file, a flag, a recipe key) cannot work, and would not work on a retry. The message is one
/// clear line that names the file, the place in it and the fix. The executable prints it and exits with code 2.
/// </summary>
public sealed class BadInputException : Exception
{
    public BadInputException(string message) : base(message)
    {
    }

    public BadInputException(string message, Exception inner) : base(message, inner)
    {
    }
}
