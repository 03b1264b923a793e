// The API page's example for C#, with RestSharp 106, as a command.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using RestSharp;

class CsharpRestSharp
{
    static JsonNode Untagged(JsonNode value) => value switch
    {
        JsonArray array => new JsonArray(array.Select(Untagged).ToArray()),
        JsonObject { } found when found.ContainsKey("$stt") => Meant(found),
        JsonObject found => Object(found.Select(member => (member.Key, member.Value))),
        _ => value?.DeepClone(),
    };

    static JsonNode Meant(JsonObject found) => (string)found["$stt"] switch
    {
        "nan" => JsonValue.Create(double.NaN),
        "infinity" => JsonValue.Create(double.PositiveInfinity),
        "-infinity" => JsonValue.Create(double.NegativeInfinity),
        "object" => Object(found["entries"].AsArray().Select(entry => ((string)entry[0], entry[1]))),
        _ => throw new NotSupportedException((string)found["$stt"]),
    };

    static JsonObject Object(IEnumerable<(string, JsonNode)> members) => new JsonObject(
        members.Select(member => KeyValuePair.Create(member.Item1, Untagged(member.Item2))));

    static JsonNode Transcribe(JsonNode call)
    {
        var payload = Object(call["arguments"].AsObject().Where(member => member.Value != null)
            .Select(member => (member.Key, member.Value)));
        if (payload["input_audio"] is JsonObject audio && audio.Remove("format_", out var format))
        {
            audio["format"] = format;
        }

        // From here on it is the example, with the call's values in place of its own.
        var client = new RestClient(call["base_url"] + "/audio/transcriptions");
        var request = new RestRequest(Method.POST);
        request.AddHeader("Authorization", "Bearer " + call["api_key"]);
        request.AddHeader("Content-Type", "application/json");
        request.AddParameter("application/json", payload.ToJsonString(), ParameterType.RequestBody);
        IRestResponse response = client.Execute(request);
        return JsonNode.Parse(response.Content);
    }

    static JsonObject Returned(JsonNode body) => Object(
        (body as JsonObject ?? new JsonObject()).Where(member => member.Key is "text" or "usage" or "error")
            .Select(member => (member.Key, member.Value)));

    static JsonArray TypesOf(Exception error)
    {
        var types = new JsonArray();
        for (var kind = error.GetType(); !kind.FullName.StartsWith("System."); kind = kind.BaseType)
        {
            types.Add(kind.Name);
        }
        return types.Count > 0 ? types : new JsonArray(error.GetType().Name);
    }

    static void Main()
    {
        var features = new JsonArray("api_key", "input_audio", "model", "language", "provider", "temperature");
        var hello = new JsonObject { ["protocol"] = 1, ["name"] = "RestSharp", ["features"] = features };
        Console.Out.WriteLine(hello.ToJsonString());
        while (Console.In.ReadLine() is string line)
        {
            var call = JsonNode.Parse(line);
            var answer = new JsonObject { ["id"] = (int)call["id"] };
            try
            {
                answer["ok"] = Returned(Transcribe(call));
            }
            catch (Exception error)
            {
                answer["error"] = new JsonObject { ["types"] = TypesOf(error), ["message"] = error.Message };
            }
            Console.Out.WriteLine(answer.ToJsonString());
        }
    }
}
