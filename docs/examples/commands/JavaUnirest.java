// The API page's example for Java, with Unirest 1.4, as a command.

import com.mashape.unirest.http.HttpResponse;
import com.mashape.unirest.http.Unirest;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONObject;

public class JavaUnirest {
  static Object untagged(Object value) throws Exception {
    if (value instanceof JSONArray) {
      JSONArray array = new JSONArray();
      for (int place = 0; place < ((JSONArray) value).length(); place++) {
        array.put(untagged(((JSONArray) value).get(place)));
      }
      return array;
    }
    if (!(value instanceof JSONObject)) {
      return value;
    }
    JSONObject object = (JSONObject) value;
    switch (object.optString("$stt")) {
      case "nan":
        return Double.NaN;
      case "infinity":
        return Double.POSITIVE_INFINITY;
      case "-infinity":
        return Double.NEGATIVE_INFINITY;
      case "object":
        JSONObject entered = new JSONObject();
        JSONArray entries = object.getJSONArray("entries");
        for (int place = 0; place < entries.length(); place++) {
          entered.put(entries.getJSONArray(place).getString(0), untagged(entries.getJSONArray(place).get(1)));
        }
        return entered;
      default:
        JSONObject same = new JSONObject();
        for (java.util.Iterator<?> names = object.keys(); names.hasNext(); ) {
          String name = (String) names.next();
          same.put(name, untagged(object.get(name)));
        }
        return same;
    }
  }

  static Object transcribe(JSONObject call) throws Exception {
    JSONObject payload = (JSONObject) untagged(call.getJSONObject("arguments"));
    for (String name : "language provider temperature".split(" ")) {
      if (payload.isNull(name)) {
        payload.remove(name);
      }
    }
    JSONObject audio = payload.optJSONObject("input_audio");
    if (audio != null && audio.has("format_")) {
      audio.put("format", audio.remove("format_"));
    }

    // From here on it is the example, with the call's values in place of its own.
    HttpResponse<String> response =
        Unirest.post(call.getString("base_url") + "/audio/transcriptions")
            .header("Authorization", "Bearer " + call.getString("api_key"))
            .header("Content-Type", "application/json")
            .body(payload.toString())
            .asString();
    return new JSONObject(response.getBody());
  }

  static JSONObject returned(Object body) throws Exception {
    JSONObject ok = new JSONObject();
    for (String name : "text usage error".split(" ")) {
      ok.putOpt(name, ((JSONObject) body).opt(name));
    }
    return ok;
  }

  static JSONObject error(Throwable error) throws Exception {
    List<String> types = new ArrayList<>();
    for (Class<?> kind = error.getClass(); !kind.getName().startsWith("java."); kind = kind.getSuperclass()) {
      types.add(kind.getName());
    }
    if (types.isEmpty()) {
      types.add(error.getClass().getName());
    }
    return new JSONObject().put("types", new JSONArray(types)).put("message", String.valueOf(error.getMessage()));
  }

  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(System.out, true, "UTF-8");
    JSONArray features = new JSONArray();
    for (String feature : "api_key input_audio model language provider temperature".split(" ")) {
      features.put(feature);
    }
    out.println(
        new JSONObject().put("protocol", 1).put("name", "Unirest").put("version", "1.4").put("features", features));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JSONObject call = new JSONObject(line);
      JSONObject answer = new JSONObject().put("id", call.getInt("id"));
      try {
        answer.put("ok", returned(transcribe(call)));
      } catch (Exception error) {
        answer.put("error", error(error));
      }
      out.println(answer);
    }
    Unirest.shutdown();
  }
}
